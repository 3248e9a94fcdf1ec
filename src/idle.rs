//! What one task at a time works with, and the next may have after it.

use std::sync::Mutex;

/// Things that no task has in hand. As many are made as tasks run at the same time.
#[derive(Debug)]
pub struct Idle<T>(Mutex<Vec<T>>);

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Idle(Mutex::default())
    }
}

impl<T> Idle<T> {
    /// Lends one to a task; a new one is made if all are in hand.
    pub fn lend<R>(&self, make: impl FnOnce() -> T, task: impl FnOnce(&mut T) -> R) -> R {
        let free = self.0.lock().map(|mut free| free.pop()).unwrap_or_default();
        let mut one = free.unwrap_or_else(make);
        let done = task(&mut one);
        if let Ok(mut free) = self.0.lock() {
            free.push(one);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_task_has_put_down_the_next_takes_up_and_tasks_within_tasks_have_their_own() {
        let idle = Idle::default();
        idle.lend(Vec::new, |words| words.push("first"));
        let seen = idle.lend(Vec::new, |words| {
            idle.lend(Vec::new, |others| assert!(others.is_empty()));
            words.len()
        });
        assert_eq!(seen, 1);
    }
}

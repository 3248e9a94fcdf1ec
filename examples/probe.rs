use rhetor::{corpus::Example, text::Place, learn::*, model::Model, framing::*};
use std::io::*;
fn main(){
 let a:Vec<String>=std::env::args().collect();
 if a[1]=="train" {
  let mut ex=vec![];
  for (i,l) in std::fs::read_to_string(&a[2]).unwrap().lines().enumerate(){
   let v:serde_json::Value=serde_json::from_str(l).unwrap();
   ex.push(Example{text:v["text"].as_str().unwrap().into(),labels:v["labels"].as_array().unwrap().iter().map(|x|x.as_str().unwrap().to_string()).collect(),group:v["group"].as_str().map(String::from),weight:1.0,place:Place::line("x",i as u64),id:None,extra:Default::default()});
  }
  let mut s=TrainSettings::default();
  let e=|k:&str|std::env::var(k).ok();
  if let Some(v)=e("MIN"){s.features.min_count=v.parse().unwrap()}
  if let Some(v)=e("NG"){s.features.ngrams=(1,v.parse().unwrap())}
  if let Some(v)=e("CH"){s.features.char_ngrams=Some((2,v.parse().unwrap()))}
  if let Some(_)=e("NOSHAPE"){s.features.shape=false}
  if let Some(v)=e("W"){s.features.weighting=match &v[..]{"binary"=>rhetor::features::weighting::Weighting::Binary,"nb"=>rhetor::features::weighting::Weighting::Nb,_=>rhetor::features::weighting::Weighting::Count}}
  if let Some(v)=e("L2"){s.l2=Some(v.parse().unwrap())}
  let t=std::time::Instant::now();
  let r=train(&ex,&s,&|st|if e("V").is_some(){eprintln!("{:?} {:.2}",st,t.elapsed().as_secs_f64())}).unwrap();
  for w in &r.warnings{eprintln!("{w}")}
  let c=r.model.card();
  eprintln!("tried {:?} micro {:.4} macro {:.4} acc {:.4} ap {:.4} maj {:.3} key {:.3} terms {}",c.learning.tried,c.overall.micro_f1,c.overall.macro_f1,c.overall.accuracy,c.overall.average_precision,c.overall.majority,c.overall.keyword,r.model.featurizer().vocabulary().len());
  r.model.write(std::path::Path::new(&a[4])).unwrap();
 } else {
  let m=Model::read(std::path::Path::new(&a[3])).unwrap();
  let mut sc=m.scratch(); let mut out=BufWriter::new(stdout());
  for l in stdin().lines(){let l=l.unwrap(); let row=m.featurizer().row(&l,&mut sc); let s=m.score(&row); let f=framings(&m,&s,&Default::default());
   let fs:Vec<_>=f.iter().map(|f|serde_json::json!({"label":m.labels().name(f.label),"p":f.probability})).collect();
   writeln!(out,"{}",serde_json::json!({"framings":fs,"probs":s.probabilities})).unwrap();}
 }
}

"""Tables in Markdown, put between a page's marks; curves as SVG."""
import math
import pathlib


def table(head, rows):
    """Markdown; the first column is left-aligned, numbers stand to the right."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows])


def digits(value, unit=""):
    """Two or three digits that mean something."""
    if value is None or not math.isfinite(value):
        return "–"
    places = 0 if abs(value) >= 30 else 1 if abs(value) >= 3 else 2 if abs(value) >= 0.03 else 4
    return f"{value:,.{places}f}{unit}"


def megabytes(size):
    return digits(size / 1e6, " MB")


def share(value):
    return "–" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else "1.000"


def put(page, section, text):
    """Replaces what stands in the page between the marks of the section."""
    path, (start, end) = pathlib.Path(page), marks(section)
    old = path.read_text(encoding="utf-8")
    if start not in old or end not in old:
        raise SystemExit(f"{page} has no lines {start} and {end}")
    before, rest = old.split(start, 1)
    path.write_text(f"{before}{start}\n\n{text}\n\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


def marks(section):
    return f"<!-- peers: {section} -->", f"<!-- end of peers: {section} -->"


# Colours that people with any kind of colour blindness tell apart (Okabe & Ito 2008).
COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]


def curves(panels, path):
    """Panels two by two, each (title, x title, y title, {name: [(x, y)]}), both axes logarithmic, with a dotted line that grows as x does."""
    width, height = 430, 330
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * 2} {height * math.ceil(len(panels) / 2)}" font-family="sans-serif" font-size="12" fill="#555">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for at, panel in enumerate(panels):
        parts.append(f'<g transform="translate({at % 2 * width},{at // 2 * height})">{"".join(panel_of(*panel, width, height))}</g>')
    pathlib.Path(path).write_text("\n".join(parts + ["</svg>\n"]), encoding="utf-8")


def panel_of(title, x_title, y_title, lines, width, height):
    left, right, top, bottom = 62, width - 14, 52, height - 42
    points = [point for line in lines.values() for point in line]
    spans = [(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) - 1e-9)) for values in zip(*points)]
    (x0, x1), (y0, y1) = [(low, max(high, low + 1)) for low, high in spans]
    x_of = lambda x: left + (math.log10(x) - x0) / (x1 - x0) * (right - left)
    y_of = lambda y: bottom - (math.log10(y) - y0) / (y1 - y0) * (bottom - top)
    yield f'<text x="{left}" y="18" font-size="13" font-weight="bold" fill="#222">{title}</text>'
    for power in range(x0, x1 + 1):
        yield f'<path d="M{x_of(10**power):.1f} {top}V{bottom}" stroke="#e4e4e4"/><text x="{x_of(10**power):.1f}" y="{bottom + 16}" text-anchor="middle">{short(power)}</text>'
    for power in range(y0, y1 + 1):
        yield f'<path d="M{left} {y_of(10**power):.1f}H{right}" stroke="#e4e4e4"/><text x="{left - 6}" y="{y_of(10**power) + 4:.1f}" text-anchor="end">{short(power)}</text>'
    yield f'<text x="{(left + right) / 2}" y="{height - 8}" text-anchor="middle">{x_title}</text>'
    yield f'<text x="14" y="{(top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 {(top + bottom) / 2})">{y_title}</text>'
    end = 10 ** min(x1, x0 + (y1 - y0))
    yield f'<path d="M{x_of(10**x0):.1f} {y_of(10**y0):.1f}L{x_of(end):.1f} {y_of(10**y0 * end / 10**x0):.1f}" stroke="#999" stroke-dasharray="2 4"/>'
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in line)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}"/>' for x, y in line)
        yield f'<text x="{left + number * 118}" y="38" fill="{colour}">● {name}</text>'


def short(power):
    return {-3: "0.001", -2: "0.01", -1: "0.1", 0: "1", 1: "10", 2: "100", 3: "1k", 4: "10k", 5: "100k", 6: "1M", 7: "10M"}.get(power, f"1e{power}")



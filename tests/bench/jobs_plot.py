"""Curves over time as SVG, without a library."""
COLOURS = ("#1f77b4", "#d62728", "#2ca02c")


def curves(path, series, width=720, height=300):
    top = max(max(values) for values in series.values() if values) * 1.1
    lines = []
    for i, (name, values) in enumerate(series.items()):
        step = (width - 80) / max(1, len(values) - 1)
        points = " ".join(f"{60 + n * step:.1f},{height - 30 - v / top * (height - 60):.1f}"
                          for n, v in enumerate(values))
        colour = COLOURS[i % len(COLOURS)]
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>'
                     f'<text x="70" y="{20 + 16 * i}" fill="{colour}">{name}</text>')
    axis = (f'<path d="M60 30V{height - 30}H{width - 20}" fill="none" stroke="#888"/>'
            f'<text x="4" y="40">{top:.0f}/s</text><text x="30" y="{height - 30}">0</text>'
            f'<text x="{width - 160}" y="{height - 8}">the same time span</text>')
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                    'font-family="sans-serif" font-size="12">'
                    f'<rect width="100%" height="100%" fill="#fff"/>{axis}{"".join(lines)}</svg>\n')

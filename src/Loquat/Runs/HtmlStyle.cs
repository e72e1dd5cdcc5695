namespace Loquat.Runs;

/// <summary>The style of the page: one palette for light and one for dark, chosen by the reader's system; fonts of that system.</summary>
internal static class HtmlStyle
{
    public const string Text = """
        :root {
          --page: #f6f7f9; --card: #ffffff; --ink: #1d2430; --soft: #5c6675; --rule: #e3e7ed; --grid: #eceff3;
          --raw: #b3c2d6; --smoothed: #2563aa; --validation: #d65a18; --limit: #16805a; --event: #8a5fc0;
          --running: #2563aa; --finished: #16805a; --stopped: #a86a00; --damaged: #b3261e;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #98a3b3; --rule: #2b3440; --grid: #252d38;
            --raw: #5f7899; --smoothed: #6cabf2; --validation: #f58a4b; --limit: #4cc79a; --event: #b794f0;
            --running: #6cabf2; --finished: #4cc79a; --stopped: #e0a640; --damaged: #f2837b;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", "Noto Sans", "Liberation Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 40px; }
        h1 { font-size: 27px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 16px; margin: 0 0 6px; }
        h2 small { color: var(--soft); font-weight: 400; font-size: 13px; }
        header p { color: var(--soft); margin: 4px 0 18px; overflow-wrap: anywhere; }
        .state { font-size: 13px; font-weight: 600; padding: 3px 10px; border-radius: 999px; border: 1px solid currentColor; vertical-align: 4px; margin-left: 8px; }
        .state.running { color: var(--running); } .state.finished { color: var(--finished); } .state.stopped { color: var(--stopped); } .state.damaged { color: var(--damaged); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; margin-bottom: 14px; }
        .tile, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
        .tile { padding: 12px 16px; }
        .label { color: var(--soft); font-size: 13px; }
        .value { font-size: 25px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .note { color: var(--soft); font-size: 12.5px; }
        .card { padding: 16px 18px; margin-bottom: 14px; }
        .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(310px, 1fr)); gap: 14px; }
        .legend { margin: 0 0 6px; font-size: 13px; color: var(--soft); }
        .legend span { margin-right: 20px; white-space: nowrap; }
        .legend span::before { content: ""; display: inline-block; width: 22px; height: 0; border-top: 3px solid; vertical-align: 4px; margin-right: 7px; }
        .legend .raw::before { border-color: var(--raw); } .legend .smoothed::before { border-color: var(--smoothed); } .legend .validation::before { border-color: var(--validation); }
        .legend .limit::before { border-color: var(--limit); border-top-style: dashed; } .legend .event::before { border-color: var(--event); border-top-style: dotted; }
        svg { display: block; width: 100%; height: auto; font-family: inherit; }
        svg polyline { fill: none; stroke-linejoin: round; stroke-linecap: round; }
        svg .grid { stroke: var(--grid); } svg .axis, svg .notch { stroke: var(--soft); } svg .tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
        polyline.raw { stroke: var(--raw); stroke-width: 1.2; } polyline.smoothed { stroke: var(--smoothed); stroke-width: 2.4; } polyline.validation { stroke: var(--validation); stroke-width: 2; }
        polyline.rate, polyline.norm, polyline.speed { stroke: var(--smoothed); stroke-width: 1.6; }
        circle.point { fill: var(--smoothed); } circle.raw.point { fill: var(--raw); } circle.validation.point { fill: var(--validation); stroke: var(--card); stroke-width: 1.5; }
        line.limit { stroke: var(--limit); stroke-width: 1.8; stroke-dasharray: 7 5; } text.limit { fill: var(--limit); font-size: 13px; }
        line.event { stroke: var(--event); stroke-width: 2; stroke-dasharray: 2 4; }
        circle.best { fill: none; stroke: var(--validation); stroke-width: 2.2; } text.best { fill: var(--validation); font-size: 13px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
        .none { color: var(--soft); }
        details > summary { cursor: pointer; } details > summary h2 { display: inline; }
        .sample { border-top: 1px solid var(--rule); padding: 8px 0; } .sample summary { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
        blockquote { margin: 6px 0 4px; padding-left: 14px; border-left: 3px solid var(--smoothed); white-space: pre-wrap; overflow-wrap: anywhere; }
        table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; } th, td { text-align: right; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); }
        th { color: var(--soft); font-weight: 500; font-size: 13px; } .text { text-align: left; } tr.best td { color: var(--validation); font-weight: 600; }
        ul { margin: 0 0 12px; padding-left: 20px; } code, pre { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono", Consolas, monospace; }
        pre.recipe { margin: 12px 0 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
        footer { color: var(--soft); font-size: 12.5px; margin-top: 18px; }
        @media print { body { background: #fff; } .card, .tile { break-inside: avoid; } }

        """;
}

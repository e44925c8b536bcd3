/**
 * The plot of the README: the CPU time of rxpaf in percent of that of its peer, for the same work, as an SVG picture. It is
 * drawn from docs/internals/performance.json.
 */

/** Rows of the benchmarks, and their names for a reader. */
const BARS = [
  ['h1-hello', 'HTTP/1.1 server, small responses'],
  ['h1-pipelined', 'HTTP/1.1 server, pipelined requests'],
  ['h2-hello', 'HTTP/2 server, small responses'],
  ['client-h1-get', 'HTTP/1.1 client, small responses'],
  ['client-h2-get', 'HTTP/2 client, small responses'],
  ['h1-download', 'HTTP/1.1 server, one large download'],
];

const [WIDTH, LEFT, TOP, STEP, BAR] = [760, 290, 46, 38, 18];
/** Pixels of 100 percent. */
const FULL = 300;

const text = (x, y, content, more = '') => `  <text x="${x}" y="${y}"${more}>${content}</text>`;

/** Returns the picture of `rows`, the rows of performance.json. */
export function drawSpeed(rows) {
  const bars = BARS.map(([row, label]) => {
    const { result } = rows.find(({ result: { row: name } }) => name === row);
    const { of, against } = result.asked ?? { of: 'rxpaf', against: result.standings[1].name };
    const costOf = (wanted) => result.standings.find(({ name }) => name === wanted).median.cost;
    return { label, against, percent: Math.round((100 * costOf(of)) / costOf(against)) };
  });
  const height = TOP + bars.length * STEP + 4;
  const drawn = bars.flatMap(({ label, against, percent }, index) => {
    const y = TOP + index * STEP;
    const width = (FULL * percent) / 100;
    return [
      text(LEFT - 12, y + 13, label, ' text-anchor="end"'),
      `  <rect x="${LEFT}" y="${y}" width="${FULL}" height="${BAR}" fill="#d7dce3"/>`,
      `  <rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="#2f6fde"/>`,
      text(LEFT + FULL + 10, y + 13, `${percent} % of ${against}`),
    ];
  });
  const told = bars.map(({ label, against, percent }) => `${label}: ${percent} % of ${against}`).join('; ');
  return [
    `<svg role="img" aria-labelledby="title description" xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2430">`,
    '  <title id="title">CPU time of rxpaf, compared with its peers</title>',
    `  <desc id="description">${told}.</desc>`,
    `  <rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(24, 24, 'CPU time for the same work: rxpaf (blue), its peer (grey). Less is better.', ' font-weight="600"'),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

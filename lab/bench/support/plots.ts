/** What was measured, drawn: SVG by Vega, without a browser. The same data make the same bytes. */
import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { curvesOf, type Picture, plainRows } from './document.js';
import type { Measured } from './records.js';
import { digits } from './table.js';

export interface Plot extends Picture {
  readonly svg: string;
}

/** Contestants have the same colour in all plots, and differ by shape, too. */
const COLOURS = ['#c2185b', '#1f77b4', '#1f77b4', '#6a3d9a', '#2e7d32', '#9a6700', '#757575'];
const NAMES = ['rxpaf', 'node:http', 'node:http2', 'undici', 'fastify', '@marblejs/http', 'floor'];
const SHAPES = ['circle', 'square', 'square', 'square', 'triangle-up', 'diamond', 'cross'];
const VERDICTS = { reached: '#2e7d32', 'not reached': '#e65100', 'nothing asked': '#90a4ae' };

/** Of the axis of ratios. */
const TICKS: number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

const CONFIG = { font: 'sans-serif', background: '#ffffff', axis: { gridColor: '#e0e0e0' } };

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** `spec` as a picture that says what it is, also where it is not seen. */
async function drawn(file: string, title: string, description: string, spec: TopLevelSpec): Promise<Plot> {
  resetSVGDefIds();
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const named = svg
    .replace('<svg ', '<svg role="img" aria-labelledby="title description" ')
    .replace(
      /(<svg [^>]*>)/,
      `$1<title id="title">${escaped(title)}</title><desc id="description">${escaped(description)}</desc>`,
    );
  return { file, title, svg: `${named}\n` };
}

/** Every row's ratio, beside what is asked of it. */
function ratiosPlot(rows: readonly Measured[]): Promise<Plot> | undefined {
  const values = rows.flatMap(({ result: { row, asked, ratios } }) => {
    const ratio = ratios[asked.of];
    if (ratio === undefined) return [];
    const reached =
      asked.ratio === undefined ? 'nothing asked' : ratio.median <= asked.ratio ? 'reached' : 'not reached';
    const { median, least, most } = ratio;
    return [{ row: `${row}, of ${asked.against}`, median, least, most, asked: asked.ratio ?? null, verdict: reached }];
  });
  if (values.length === 0) return undefined;
  const title = 'What rxpaf costs in proportion to its peers';
  const peers = rows.flatMap(({ result: { row, asked, ratios } }) =>
    Object.entries(ratios).flatMap(([name, { median }]) =>
      name === asked.of ? [] : [{ row: `${row}, of ${asked.against}`, name, median }],
    ),
  );
  const y = { field: 'row', type: 'nominal', sort: null, axis: { title: null, labelLimit: 300 } } as const;
  const x = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { type: 'log' },
      axis: {
        title: 'cost in proportion to the peer (logarithmic; 1: as much)',
        values: TICKS,
        format: '~r',
      },
    }) as const;
  const present = NAMES.map((name, at) => ({ name, at })).filter(({ name }) =>
    peers.some((peer) => peer.name === name),
  );
  const spec: TopLevelSpec = {
    config: CONFIG,
    title,
    width: 560,
    height: { step: 22 },
    padding: 12,
    data: { values },
    layer: [
      {
        mark: { type: 'bar', height: 13 },
        encoding: {
          y,
          x: x('median'),
          x2: { datum: 1 },
          color: {
            field: 'verdict',
            type: 'nominal',
            scale: { domain: Object.keys(VERDICTS), range: Object.values(VERDICTS) },
            legend: { title: 'rxpaf: what is asked' },
          },
        },
      },
      { mark: { type: 'rule', color: '#212121' }, encoding: { y, x: x('least'), x2: { field: 'most' } } },
      {
        transform: [{ filter: 'datum.asked !== null' }],
        mark: { type: 'tick', color: '#000000', thickness: 3, height: 19 },
        encoding: { y, x: x('asked') },
      },
      { mark: { type: 'rule', color: '#616161' }, encoding: { x: { datum: 1, type: 'quantitative' } } },
      {
        data: { values: peers },
        mark: { type: 'point', color: '#212121', fill: '#ffffff', opacity: 1, size: 55 },
        encoding: {
          y,
          x: x('median'),
          shape: {
            field: 'name',
            type: 'nominal',
            scale: { domain: present.map(({ name }) => name), range: present.map(({ at }) => SHAPES[at]!) },
            legend: { title: 'others' },
          },
        },
      },
    ],
  };
  const told = values.map(({ row, median, asked }) => {
    const wanted = asked === null ? '' : ` (asked: ${digits(asked)})`;
    return `${row}: ${digits(median)}${wanted}`;
  });
  const how = 'Bars: the median; lines: the range of the rounds; thick marks: what is asked, at most.';
  return drawn('bench-ratios.svg', title, `${how} ${told.join('; ')}.`, spec);
}

/** The cost of each contestant along a curve. */
function curvePlot(name: string, points: readonly Measured[]): Promise<Plot> | undefined {
  const values = points.flatMap(({ result: { curve, standings } }) =>
    standings.flatMap((each) => {
      if (each.kind === 'failed') return [];
      const costs = each.rounds.map(({ cost }) => cost);
      const { cost } = each.median;
      return [{ name: each.name, at: curve!.at, cost, least: Math.min(...costs), most: Math.max(...costs) }];
    }),
  );
  const { curve, costUnit } = points[0]!.result;
  const title = `${costUnit} along the number of ${curve!.of}`;
  if (values.length === 0) return undefined;
  const present = NAMES.map((each, at) => ({ each, at })).filter(({ each }) =>
    values.some((value) => value.name === each),
  );
  const domain = present.map(({ each }) => each);
  const axis = { title: curve!.of, format: ',', values: points.map(({ result }) => result.curve!.at) };
  const x = { field: 'at', type: 'quantitative', scale: { type: 'log' }, axis } as const;
  const y = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { type: 'log' },
      axis: { title: costUnit, format: '~r', tickCount: 5 },
    }) as const;
  const color = {
    field: 'name',
    type: 'nominal',
    scale: { domain, range: present.map(({ at }) => COLOURS[at]!) },
  } as const;
  const spec: TopLevelSpec = {
    config: CONFIG,
    title,
    width: 520,
    height: 280,
    padding: 12,
    data: { values },
    encoding: { x, color: { ...color, legend: { title: null } } },
    layer: [
      { mark: 'line', encoding: { y: y('cost') } },
      { mark: 'rule', encoding: { y: y('least'), y2: { field: 'most' } } },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 50 },
        encoding: {
          y: y('cost'),
          shape: { field: 'name', type: 'nominal', scale: { domain, range: present.map(({ at }) => SHAPES[at]!) } },
        },
      },
    ],
  };
  const told = domain.map((each) => {
    const costs = values.filter((value) => value.name === each).map(({ at, cost }) => `${digits(cost)} at ${at}`);
    return `${each}: ${costs.join(', ')}`;
  });
  return drawn(`bench-${name}.svg`, title, `Both axes are logarithmic. ${told.join('; ')}.`, spec);
}

/** All plots that the rows are enough for, by what they show. */
export async function plots(rows: readonly Measured[]): Promise<ReadonlyMap<string, Plot>> {
  const drawings: [string, Promise<Plot> | undefined][] = [
    ['ratios', ratiosPlot(plainRows(rows))],
    ...[...curvesOf(rows)].map(([name, points]): [string, Promise<Plot> | undefined] => [
      name,
      curvePlot(name, points),
    ]),
  ];
  const made = new Map<string, Plot>();
  for (const [name, drawing] of drawings) {
    const plot = await drawing;
    if (plot !== undefined) made.set(name, plot);
  }
  return made;
}

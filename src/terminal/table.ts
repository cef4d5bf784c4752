/** Tables for a terminal. */
import { cutTo, visible, widthOf } from './text.ts';

export interface Column {
  heading: string;
  /** It may be cut to this many cells if rows are too wide. Undefined: it is never cut. */
  least?: number;
  /** If rows are still too wide, columns are left out, the lowest number first. Undefined: it always stays. */
  goes?: number;
  /** Gives a cell its colour. */
  paint?(text: string): string;
}

const gap = '  ';

/** The width of each column so that the rows fit. The widest column that may be cut is cut first. */
function fit(columns: Column[], widths: number[], width: number): number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, cells) => sum + cells + gap.length, -gap.length);
  for (let over = total() - width; over > 0; over--) {
    const spare = columns.map(({ least = Infinity }, at) => ((fitted[at] ?? 0) > least ? (fitted[at] ?? 0) : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

/** The numbers of the columns that stay: enough are left out that the others fit when cut. */
function choose(columns: Column[], widths: number[], width: number): number[] {
  const leastOf = (at: number) => Math.min(widths[at] ?? 0, columns[at]?.least ?? Infinity);
  let stay = columns.map((_, at) => at);
  for (;;) {
    const total = stay.reduce((sum, at) => sum + leastOf(at) + gap.length, -gap.length);
    const [first] = stay
      .filter((at) => columns[at]?.goes !== undefined)
      .sort((a, b) => (columns[a]?.goes ?? 0) - (columns[b]?.goes ?? 0));
    if (total <= width || first === undefined) return stay;
    stay = stay.filter((at) => at !== first);
  }
}

/**
 * Puts rows under headings, in aligned columns. Columns are cut or left out where they may be, to make lines fit `width` cells.
 * Control characters become visible.
 */
export function formatTable(all: Column[], rows: string[][], width = Infinity): string {
  const cells = [all.map(({ heading }) => heading), ...rows.map((row) => row.map(visible))];
  const widest = all.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at] ?? ''))));
  const stay = choose(all, widest, width);
  const pick = <T>(values: T[]): T[] => values.filter((_, at) => stay.includes(at));
  const [columns, natural, lines] = [pick(all), pick(widest), cells.map(pick)];
  const widths = Number.isFinite(width) ? fit(columns, natural, width) : natural;
  const formatLine = (line: string[], isHeading: boolean): string =>
    columns
      .map(({ paint = String }, at) => {
        const cell = cutTo(line[at] ?? '', widths[at] ?? 0);
        const rest = ' '.repeat((widths[at] ?? 0) - widthOf(cell));
        return `${isHeading ? cell : paint(cell)}${rest}`;
      })
      .join(gap)
      .trimEnd();
  return lines.map((line, number) => formatLine(line, number === 0)).join('\n');
}

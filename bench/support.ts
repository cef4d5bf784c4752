/** What the benches share: hosts that end with the bench, medians, and how a figure is printed. */
import { startHost, type TestHost } from '../test/support/host.ts';

const cleanUps: (() => unknown)[] = [];

/** A host that ends with the bench: startHost asks for no more of a test than this. */
export const newHost = (): Promise<TestHost> =>
  startHost({ after: (step: () => unknown) => cleanUps.push(step) } as unknown as Parameters<typeof startHost>[0]);

/** Ends every host. */
export async function endHosts(): Promise<void> {
  for (const step of cleanUps.splice(0).reverse()) await step();
}

const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
export const median = (values: number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;
export const p95 = (values: number[]): number => sorted(values)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;

/** Prints one figure. */
export const report = (what: string, figure: string): void => console.log(`${what.padEnd(72)} ${figure}`);
export const spread = (ms: number[]): string =>
  `median ${median(ms).toFixed(1)} ms, p95 ${p95(ms).toFixed(1)} ms (${ms.length} runs)`;

/** Milliseconds since the epoch, with fractions. */
export const now = (): number => performance.timeOrigin + performance.now();

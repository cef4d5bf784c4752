/** The lines around a trigger, written into files: those before it at once, those after it when the last action has ended. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trigger } from '../../plugin.ts';
import { visibleLines } from '../../terminal/text.ts';
import { findTwin, type LoggedLine, triggeringLine } from './events/twin.ts';
import type { LinePosition, Source, SourceExcerpt } from './source.ts';

/** Stands before the triggering line. */
const triggerMark = '--- the next line triggered the rig ---\n';
/** Stands in the context of the other sources where the rig triggered. */
const afterMark = '--- what follows came after the trigger ---\n';
/** Ends a context that is not complete. */
const cutMark = '--- more came and is left out here ---\n';

/** Writes the lines before the trigger. Resolves to what adds those after it. */
export async function saveLines(sources: Source[], dir: string, trigger: Trigger): Promise<() => Promise<void>> {
  const position = trigger.facts.position as LinePosition | undefined;
  const line = triggeringLine(trigger);
  const names = new Set<string>();
  const written: Array<{ path: string; excerpt: SourceExcerpt; twin: LoggedLine | undefined }> = [];
  for (const source of sources) {
    for (const excerpt of await source.context(position)) {
      const path = join(dir, newName(excerpt.source, names));
      const at = excerpt.triggerAt ?? findTwin(excerpt.text, line, 'last');
      await writeFile(path, visibleLines(marked(excerpt.text, at)), { flag: 'wx', mode: 0o600 });
      // The twin may still come.
      written.push({ path, excerpt, twin: at === undefined ? line : undefined });
    }
  }
  return async () => {
    for (const { path, excerpt, twin } of written) {
      await appendFile(path, visibleLines(await after(excerpt, twin)));
      excerpt.close?.();
    }
  };
}

/** `var-log-messages.log` for a path, and a number where two would have the same name. */
function newName(source: string, taken: Set<string>): string {
  const base = source
    .replace(/^\/+/, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 100)
    .replace(/\.log$/, '');
  let name = `${base}.log`;
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}.log`;
  taken.add(name);
  return name;
}

/** The text, with a mark before the line that triggered. */
function marked(text: Buffer, triggerAt: number | undefined): Buffer {
  if (triggerAt === undefined) return text;
  return Buffer.concat([text.subarray(0, triggerAt), Buffer.from(triggerMark), text.subarray(triggerAt)]);
}

/** What came behind the excerpt, with marks where they are needed. */
async function after(excerpt: SourceExcerpt, twin: LoggedLine | undefined): Promise<Buffer> {
  const { text, isCut } = await excerpt.readAfter();
  if (text.length === 0 && !isCut) return text;
  const twinAt = findTwin(text, twin, 'first');
  const head = excerpt.triggerAt === undefined && twinAt === undefined ? afterMark : '';
  return Buffer.concat([Buffer.from(head), marked(text, twinAt), Buffer.from(isCut ? cutMark : '')]);
}

/** The lines around a trigger, of all files that are followed. */
import { messageOf, RigError } from '../../../../errors.ts';
import type { Gate } from '../../../../host/gate.ts';
import type { LinePosition, LinesAfter, SourceExcerpt } from '../../source.ts';
import { excerptOf, isPlaceIn } from './excerpt.ts';
import type { FollowedFile } from './followed-file.ts';
import type { Follower } from './follower.ts';
import type { ReadLoop } from './read-loop.ts';

/** Of so many files, at most, the lines around a trigger are kept: of thousands it would take longer than the actions. */
const mostExcerpts = 100;

/**
 * The excerpts around `position`. `gate` is that to the file system of the files, if there is one; `remark` hears of what is not
 * kept.
 */
export async function excerptsAround(
  position: LinePosition | undefined,
  loop: ReadLoop,
  gate: Gate | undefined,
  remark: (text: string) => void,
): Promise<SourceExcerpt[]> {
  if (loop.isClosed) return [];
  const answers = (await gate?.ask()) ?? true;
  return filesAround(position, loop.all(), remark).flatMap((file) => {
    try {
      if (!answers) throw new RigError('its file system does not answer');
      const excerpt = excerptOf(file, position, (key) => loop.has(key));
      return [gate ? gated(excerpt, gate) : excerpt];
    } catch (error) {
      // Its file system may be gone; the other files are not.
      remark(`${file.path}: the lines around the trigger cannot be kept: ${messageOf(error)}`);
      return [];
    }
  });
}

/** The file that triggered, and those that grew last. */
function filesAround(
  position: LinePosition | undefined,
  all: Follower[],
  remark: (text: string) => void,
): FollowedFile[] {
  if (all.length <= mostExcerpts) return all.map(({ file }) => file);
  remark(`of ${all.length} log files the lines around the trigger are kept of the ${mostExcerpts} that grew last`);
  const lastGrewMs = ({ file, lastGrewMs }: Follower): number =>
    isPlaceIn(file, position) ? Number.POSITIVE_INFINITY : lastGrewMs;
  const newestFirst = all.sort((one, other) => lastGrewMs(other) - lastGrewMs(one));
  return newestFirst.slice(0, mostExcerpts).map(({ file }) => file);
}

/** An excerpt that reads and closes its file only while that answers. */
function gated(excerpt: SourceExcerpt, gate: Gate): SourceExcerpt {
  const readAfter = async (): Promise<LinesAfter> => {
    if (await gate.ask()) return await excerpt.readAfter();
    throw new RigError(`${excerpt.source}: its file system does not answer`);
  };
  return { ...excerpt, readAfter, close: () => (gate.isOpen ? excerpt.close?.() : undefined) };
}

/** What is remembered of files that may be gone now, for as long as a rig lives: only a limited number of them. */

/** Far more than the rotated files of one log that are looked at again and again. */
const mostRemembered = 10_000;

/** Something that is remembered of each of many files, by their identity. The file that was noted longest ago is forgotten. */
export class Remembered<T> extends Map<string, T> {
  override set(file: string, value: T): this {
    // Noted anew, it is the youngest.
    this.delete(file);
    super.set(file, value);
    const [oldest] = this.keys();
    if (this.size > mostRemembered && oldest !== undefined) this.delete(oldest);
    return this;
  }
}

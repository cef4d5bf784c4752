/** What is remembered of files that may be gone by now, for as long as a rig lives: only so much of it. */

/** Far more than the rotated files of one log that are looked through again and again. */
const mostRemembered = 10_000;

/** Of files, by a text that tells each from all others, something that is remembered; what was noted longest ago is forgotten. */
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

/** Patterns as fnmatch(3) takes them with FNM_NOESCAPE: `*`, `?`, `[a-z]`, `[!a-z]`; a backslash is one. */

type Token = '*' | ((character: string) => boolean);

/** Whether a text is a pattern. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** Compiles a pattern to what tells whether a text matches. It takes no longer than the product of the two lengths. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = tokensOf([...pattern]);
  return (text) => matches(tokens, [...text]);
}

function tokensOf(pattern: string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    const set = character === '[' ? readSet(pattern, at) : undefined;
    if (set) tokens.push(set.token);
    else if (character === '*') tokens.push('*');
    else tokens.push(character === '?' ? () => true : (other) => other === character);
    at = set ? set.end : at + 1;
  }
  return tokens;
}

/** A `[` that nothing closes is one. */
function readSet(pattern: string[], start: number): { token: Token; end: number } | undefined {
  const isNegated = pattern[start + 1] === '!' || pattern[start + 1] === '^';
  const first = start + (isNegated ? 2 : 1);
  const members: Array<(character: string) => boolean> = [];
  for (let at = first; at < pattern.length; ) {
    const from = pattern[at] as string;
    // As the first one it is a member.
    if (from === ']' && at > first)
      return { token: (character) => members.some((has) => has(character)) !== isNegated, end: at + 1 };
    const named = from === '[' && pattern[at + 1] === ':' ? readClass(pattern, at) : undefined;
    const to = pattern[at + 2];
    const isRange = !named && pattern[at + 1] === '-' && to !== undefined && to !== ']';
    if (named) members.push(named.has);
    else members.push(isRange ? (character) => isBetween(character, from, to) : (character) => character === from);
    at = named ? named.end : at + (isRange ? 3 : 1);
  }
  return undefined;
}

const classes: Record<string, RegExp> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[^\s\p{C}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{C}]/u,
  punct: /[\p{P}\p{S}]/u,
  space: /\s/,
  upper: /\p{Lu}/u,
  xdigit: /[0-9A-Fa-f]/,
};

function readClass(pattern: string[], at: number): { has: (character: string) => boolean; end: number } | undefined {
  const end = pattern.indexOf(':', at + 2);
  if (end < 0 || pattern[end + 1] !== ']') return undefined;
  const found = classes[pattern.slice(at + 2, end).join('')];
  return found && { has: (character) => found.test(character), end: end + 2 };
}

function isBetween(character: string, from: string, to: string): boolean {
  const code = character.codePointAt(0) as number;
  return code >= (from.codePointAt(0) as number) && code <= (to.codePointAt(0) as number);
}

/** After a mismatch only the last `*` takes one more character: what an earlier one would take, it can take, too. */
function matches(tokens: Token[], text: string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const expected = tokens[token];
    if (expected === '*') {
      star = token++;
      starAt = at;
    } else if (expected?.(text[at] as string)) {
      token++;
      at++;
    } else if (star < 0) {
      return false;
    } else {
      token = star + 1;
      at = ++starAt;
    }
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}

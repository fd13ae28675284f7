const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text from outside, safe for a terminal: control characters (C0, DEL, C1, and those that turn the direction of text) are shown as escapes. */
export function printable(text: string, keep: 'lines' | 'nothing' = 'nothing'): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    keep === 'lines' && character === '\n'
      ? character
      : (named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

import { RE2JS } from 're2js'

/**
 * A regular expression that takes linear time, on RE2 (https://github.com/google/re2/wiki/Syntax), with the part of
 * `RegExp` that JSONata and Ajv use. Back-references and look-around do not exist in it.
 */
export class LinearRegex {
  readonly source: string
  readonly flags: string
  lastIndex = 0
  readonly #pattern: RE2JS

  constructor(pattern: string | RegExp | LinearRegex, flags?: string) {
    const isText = typeof pattern === 'string'
    this.source = isText ? pattern : pattern.source
    this.flags = flags ?? (isText ? '' : pattern.flags)
    let options = 0
    if (this.flags.includes('i')) options |= RE2JS.CASE_INSENSITIVE
    if (this.flags.includes('m')) options |= RE2JS.MULTILINE
    if (this.flags.includes('s')) options |= RE2JS.DOTALL
    this.#pattern = RE2JS.compile(RE2JS.translateRegExp(this.source), options)
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.#pattern.matcher(text)
    const found = matcher.find(Math.min(this.lastIndex, text.length))
    if (!found) {
      this.lastIndex = 0
      return null
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined)
    this.lastIndex = matcher.end()
    return Object.assign(groups, { index: matcher.start(), input: text }) as unknown as RegExpExecArray
  }

  test(text: string): boolean {
    return this.#pattern.matcher(text).find()
  }

  toString(): string {
    return `/${this.source}/${this.flags}`
  }
}

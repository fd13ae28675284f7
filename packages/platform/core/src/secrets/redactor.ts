import { Secret } from './secret.ts'

/** Values shorter than this are redacted by field, not by value: they would blank out ordinary words. */
export const minRedactedLength = 8
const placeholder = '[secret]'
/** Longer forms are looked for one by one: as a part of one pattern they would be too much for it. */
const maxPatternForm = 2_048
/** Tokens that arrive at run time are registered too; the oldest values go when there are more than these. */
const maxValues = 512

/**
 * Replaces known secret values, and their usual encodings, wherever text leaves the process. One per connection, so that
 * tenants share nothing.
 */
export class Redactor {
  readonly #values = new Map<string, readonly string[]>()
  #forms = new Set<string>()
  #pattern: RegExp | undefined
  /** Forms that are not in the pattern, longest first. */
  #loose: readonly string[] = []
  #longest = 0

  /** Registers a value, and its base64, base64url, URL-encoded, JSON-escaped, hex and HTML-escaped forms. */
  add(value: string | Secret): void {
    const text = Secret.is(value) ? value.reveal() : value
    if (text.length < minRedactedLength || this.#values.has(text)) return
    const forms = encodingsOf(text).filter((form) => form.length >= minRedactedLength)
    this.#values.set(text, forms)
    if (this.#values.size > maxValues) this.#dropOldest()
    for (const form of forms) this.#remember(form)
    this.#pattern = undefined
  }

  #remember(form: string): void {
    this.#forms.add(form)
    this.#longest = Math.max(this.#longest, form.length)
  }

  #dropOldest(): void {
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      break
    }
    this.#forms = new Set()
    this.#longest = 0
    for (const forms of this.#values.values()) for (const form of forms) this.#remember(form)
  }

  /** Registers a user and password as they appear in a Basic header. */
  addBasic(user: string, password: string | Secret): void {
    const text = Secret.is(password) ? password.reveal() : password
    this.add(text)
    this.add(Buffer.from(`${user}:${text}`).toString('base64'))
  }

  /** Length of the longest form: how much a streaming consumer keeps back to catch a value across chunk borders. */
  get longest(): number {
    return this.#longest
  }

  get size(): number {
    return this.#forms.size
  }

  /** The text with every known form replaced by `[secret]`. */
  text(value: string): string {
    if (this.#forms.size === 0 || value.length < minRedactedLength) return value
    const pattern = this.#pattern ?? this.#compile()
    let clean = value
    for (const form of this.#loose) if (clean.length >= form.length) clean = clean.replaceAll(form, placeholder)
    return clean.replace(pattern, placeholder)
  }

  #compile(): RegExp {
    const forms = [...this.#forms].sort((a, b) => b.length - a.length)
    this.#loose = forms.filter((form) => form.length > maxPatternForm)
    try {
      this.#pattern = new RegExp(forms.slice(this.#loose.length).map(escapePattern).join('|') || never, 'g')
    } catch {
      // Too many for one pattern; what is thrown would show them.
      this.#loose = forms
      this.#pattern = new RegExp(never, 'g')
    }
    return this.#pattern
  }

  /** A function for text that arrives in chunks: holds back what could be the beginning of a secret. */
  stream(): { push(chunk: string): string; end(): string } {
    let kept = ''
    return {
      push: (chunk) => {
        const clean = this.text(kept + chunk)
        const keep = Math.max(0, Math.min(clean.length, this.#longest - 1))
        kept = clean.slice(clean.length - keep)
        return clean.slice(0, clean.length - keep)
      },
      end: () => {
        const rest = this.text(kept)
        kept = ''
        return rest
      },
    }
  }
}

/** A pattern that nothing matches. */
const never = '(?!)'

function encodingsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const base64 = bytes.toString('base64')
  const json = JSON.stringify(text).slice(1, -1)
  const html = text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  const named = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const percent = encodeURIComponentSafe(text)
  return [
    text,
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    percent,
    percent.toLowerCase(),
    percent.replaceAll('%20', '+'),
    encodeURI(text.toWellFormed()),
    json,
    JSON.stringify(json).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    html,
    named,
    // Inside a longer base64 text the value starts at one of three bit offsets; the middle of each is stable.
    ...[1, 2].map((offset) => innerBase64(bytes, offset)),
    innerBase64(bytes, 0),
  ]
}

/** The part of the base64 of `bytes`, preceded by `offset` unknown bytes, that does not depend on the neighbours. */
function innerBase64(bytes: Buffer, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const start = offset === 0 ? 0 : offset + 1
  const whole = Math.floor(((offset + bytes.length) * 8) / 6)
  return padded.slice(start, whole)
}

function encodeURIComponentSafe(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

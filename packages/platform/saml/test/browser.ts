/** A form of a page: where it goes and what it sends. */
export interface Form {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** What a browser does that matters here: cookies, redirects within the identity provider, and forms. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Goes to a URL and on through redirects, until a page or a URL elsewhere is reached. */
  async go(
    url: string,
    form?: Readonly<Record<string, string>>,
  ): Promise<{ readonly url: string; readonly html: string }> {
    let next = url
    let body = form === undefined ? undefined : new URLSearchParams(form)
    for (let hops = 0; hops < 10; hops += 1) {
      if (!next.startsWith(`${this.#origin}/`)) return { url: next, html: '' }
      const response: Response = await fetch(next, {
        redirect: 'manual',
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(body === undefined ? {} : { method: 'POST', body }),
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        this.#cookies.set(name, value)
      }
      const location = response.headers.get('location')
      const html = await response.text()
      if (location === null) return { url: next, html }
      next = new URL(location, next).href
      body = undefined
    }
    throw new Error('Too many redirects.')
  }

  /** Sends a page's form with what the user has typed. */
  submit(
    page: { readonly url: string; readonly html: string },
    typed: Readonly<Record<string, string>> = {},
  ): ReturnType<Browser['go']> {
    const { action, fields } = formOf(page.html)
    return this.go(new URL(action === '?' ? page.url : action, page.url).href, { ...fields, ...typed })
  }
}

/** The first form of a page. */
export function formOf(html: string): Form {
  const action = /<form\b[^>]*\baction="([^"]*)"/.exec(html)?.[1]
  if (action === undefined)
    throw new Error(
      `No form: ${html
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .slice(0, 800)}`,
    )
  const inputs = [...html.matchAll(/<input\b[^>]*>/g)].flatMap(([input]) => {
    const name = /\bname="([^"]*)"/.exec(input)?.[1]
    return name === undefined ? [] : [[unescape(name), unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? '')] as const]
  })
  return { action: unescape(action), fields: Object.fromEntries(inputs) }
}

function unescape(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replace(/&#0?39;/g, "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

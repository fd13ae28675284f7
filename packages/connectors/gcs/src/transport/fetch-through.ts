import { once } from 'node:events'
import { request as plainRequest, type Agent, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { wholeText } from './whole-text.ts'

/** `fetch` over our own connections, for the small requests by which the auth library gets its tokens. No redirects. */
export function fetchThrough(secure: Agent, plain: Agent): typeof fetch {
  return async (address, init) => {
    const asked = new Request(address, init)
    const { url, method, headers, signal } = asked
    const body = new Uint8Array(await asked.arrayBuffer())
    const isSecure = url.startsWith('https:')
    const request = (isSecure ? secureRequest : plainRequest)(url, {
      method,
      headers: Object.fromEntries(headers),
      agent: isSecure ? secure : plain,
      signal,
    })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const text = await wholeText(response)
    const answered = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
    return new Response(text, { status: response.statusCode ?? 500, headers: answered })
  }
}

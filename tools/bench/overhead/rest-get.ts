// Requests through the connector and through undici itself, in turn, 50 in flight: `rest-get.ts URL`. Prints one line of JSON.
import { rest } from '@casare/rest'
import { Agent, request } from 'undici'
import { interleave, median } from '../helpers.ts'

const [url = ''] = process.argv.slice(2)
const inFlight = 50
const requests = 4_000
const rounds = 11

const agent = new Agent({ connections: inFlight })
const api = rest({ baseUrl: url, pool: { max: inFlight } })

async function load(one: () => Promise<unknown>): Promise<number> {
  let left = requests
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left > 0) {
        left -= 1
        await one()
      }
    }),
  )
  return requests / ((performance.now() - startedAt) / 1_000)
}

const variants = {
  async bare(): Promise<unknown> {
    const { body } = await request(`${url}/thing`, { dispatcher: agent })
    return body.json()
  },
  connector: (): Promise<unknown> => api.get({ path: '/thing' }),
}
const perSecond = await interleave(['bare', 'connector'], rounds, (name) => load(variants[name]))
await api.close()
await agent.close()
const ratio = median(perSecond.connector.slice(1).map((value, index) => value / (perSecond.bare[index + 1] ?? 1)))
process.stdout.write(
  `${JSON.stringify({ bare: median(perSecond.bare), connector: median(perSecond.connector), ratio })}\n`,
)

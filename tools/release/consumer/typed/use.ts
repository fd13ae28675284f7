import { ConnectorError, type ErrorCode, fromEnv } from '@casare/core'
import { rest } from '@casare/rest'
import { sqlite } from '@casare/sqlite'

/** What a typed consumer writes: checked as ESM and as CommonJS, under every module resolution. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return ConnectorError.is(error) ? error.code : undefined
}

interface Order {
  id: number
  total: number
}

export async function bigOrders(): Promise<Order[]> {
  const db = sqlite({ path: 'orders.db' })
  const { rows } = await db.query<Order>(
    { text: 'select * from orders where total > ?', values: [100] },
    { effect: 'read' },
  )
  await db.close()
  return rows
}

export async function status(): Promise<number> {
  const api = rest({ baseUrl: 'https://example.com', auth: { kind: 'bearer', token: fromEnv('TOKEN') } })
  const answer = await api.get({ path: '/orders' })
  return answer.status
}

// Lines that pass only where the types have been lost.
// @ts-expect-error There is no such code.
export const code: ErrorCode = 'no_such_code'
// @ts-expect-error There is no such setting.
sqlite({ path: 'orders.db', wrong: true })
// @ts-expect-error A request needs its path.
void rest({ baseUrl: 'https://example.com' }).get({})

import { redisTokenStore, sqlTokenStore, type TokenStore } from '@casare/auth'
import { postgresql } from '@casare/postgresql'
import { redis } from '@casare/redis'
import { sqlite } from '@casare/sqlite'

/** The stores that several processes can share, by the address of where they lie. */
export function openStore(kind: string, address: string): { store: TokenStore; close(): Promise<void> } {
  switch (kind) {
    case 'sqlite': {
      const connection = sqlite({ path: address })
      return { store: sqlTokenStore(connection, { dialect: 'sqlite' }), close: () => connection.close() }
    }
    case 'postgresql': {
      const connection = postgresql({ url: address })
      return { store: sqlTokenStore(connection, { dialect: 'postgresql' }), close: () => connection.close() }
    }
    default: {
      const { hostname, port, password } = new URL(address)
      const connection = redis({ host: hostname, port: Number(port), ...(password === '' ? {} : { password }) })
      return { store: redisTokenStore(connection), close: () => connection.close() }
    }
  }
}

import type { Lease, StoredTokens, TokenStore } from './token-store.ts'

/** What of a connection to Redis this store uses; that of @casare/redis has it. */
export interface RedisConnection {
  evaluate(
    input: { readonly script: string; readonly keys: string[]; readonly arguments: string[] },
    options?: { readonly effect?: 'read' | 'idempotent' | 'unsafe' },
  ): Promise<{ readonly reply: unknown }>
}

/** By the server's own clock, in milliseconds. */
const now = `local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)`

const scripts = {
  read: `return redis.call('HMGET', KEYS[1], 'value', 'version')`,
  acquire: `${now}
    local held = redis.call('HMGET', KEYS[1], 'until', 'holder')
    if tonumber(held[1] or '0') > now and held[2] ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', now + ARGV[2])
    return redis.call('HINCRBY', KEYS[1], 'fence', 1)`,
  extend: `${now}
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'until', now + ARGV[2])
    return 1`,
  release: `if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then redis.call('HSET', KEYS[1], 'until', 0) end return 1`,
  replace: `if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'value', ARGV[2])
    return redis.call('HINCRBY', KEYS[1], 'version', 1)`,
  put: `redis.call('HSET', KEYS[1], 'value', ARGV[1]) return redis.call('HINCRBY', KEYS[1], 'version', 1)`,
  delete: `redis.call('HDEL', KEYS[1], 'value') return redis.call('HINCRBY', KEYS[1], 'version', 1)`,
}

/**
 * Tokens in Redis, for all processes that reach it. One hash per key; nothing expires by itself. Values are stored in the clear;
 * see `sealedTokenStore`. A server that loses its last writes when it is killed may lose a rotated refresh token: let it write
 * through (`appendfsync always`) where that matters.
 * @param options.prefix before each key, default `casare:tokens:`.
 */
export function redisTokenStore(
  connection: RedisConnection,
  options: { readonly prefix?: string | undefined } = {},
): TokenStore {
  return new RedisTokenStore(connection, options.prefix ?? 'casare:tokens:')
}

class RedisTokenStore implements TokenStore {
  readonly #connection: RedisConnection
  readonly #prefix: string

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection
    this.#prefix = prefix
  }

  async read(key: string): Promise<StoredTokens | undefined> {
    const [value, version] = (await this.#run('read', key)) as [string | null, string | null]
    return typeof value === 'string' ? { value, version: Number(version) } : undefined
  }

  async acquire(key: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const fence = Number(await this.#run('acquire', key, holder, String(ttlMs)))
    return fence === 0 ? undefined : { fence }
  }

  async extend(key: string, fence: number, ttlMs: number): Promise<boolean> {
    return Number(await this.#run('extend', key, String(fence), String(ttlMs))) === 1
  }

  async release(key: string, fence: number): Promise<void> {
    await this.#run('release', key, String(fence))
  }

  async replace(key: string, version: number, value: string): Promise<boolean> {
    const done = Number(await this.#run('replace', key, String(version), value)) > 0
    // Repeated after a lost answer, its own first try looks like somebody else's.
    return done || (await this.read(key))?.value === value
  }

  async put(key: string, value: string): Promise<void> {
    await this.#run('put', key, value)
  }

  async delete(key: string): Promise<void> {
    await this.#run('delete', key)
  }

  async #run(name: keyof typeof scripts, key: string, ...values: string[]): Promise<unknown> {
    const { reply } = await this.#connection.evaluate(
      { script: scripts[name], keys: [this.#prefix + key], arguments: values },
      { effect: name === 'read' ? 'read' : 'idempotent' },
    )
    return reply
  }
}

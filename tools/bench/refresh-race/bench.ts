import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { OAuthClient, writeTokenSet } from '@casare/auth'
import { startProvider, type TestProvider } from '../../../packages/platform/auth/test/support/provider.ts'
import { startPrivatePeer } from '../../peers/src/private-peer.ts'
import { atMost, printTable, runChild, type Gate } from '../helpers.ts'
import { openStore } from './stores.ts'

const processes = 4
const callers = 200
const slowMs = 15_000

interface Answer {
  readonly tokens: readonly string[]
  readonly failed: number
  readonly why: readonly string[]
}

interface Round {
  readonly name: string
  readonly refreshes: number
  readonly invalid: number
  readonly failed: number
  readonly tokens: number
  readonly seconds: number
}

/**
 * Four processes with 200 callers each share one login whose refresh tokens rotate; the server takes the whole grant away where
 * one is used twice, and is slow by 15 s. Three expiries: one as it comes, one whose holder of the lease is killed with -9 while
 * it waits for the server, one after that. A killed holder's request is taken by the server only where it was worked on before:
 * here it waits in the server's queue, and is dropped with its connection.
 */
export default async function refreshRace(): Promise<Gate[]> {
  const rounds: Record<string, Round[]> = {}
  for (const kind of ['sqlite', 'postgresql', 'redis'] as const) rounds[kind] = await race(kind)
  printTable(
    ['store', 'expiry', 'refreshes', 'invalid_grant', 'callers failed', 'different tokens', 'seconds'],
    Object.entries(rounds).flatMap(([kind, all]) =>
      all.map(({ name, refreshes, invalid, failed, tokens, seconds }) => [
        kind,
        name,
        refreshes,
        invalid,
        failed,
        tokens,
        seconds,
      ]),
    ),
  )
  const { findNs, applyNs } = await runChild<{ findNs: number; applyNs: number }>(
    new URL('./hot-path.ts', import.meta.url),
    [],
  )
  console.log()
  printTable(
    ['with a token that is good', 'ns per call'],
    [
      ['finding it', findNs],
      ['putting it on a request', applyNs],
    ],
  )
  const all = Object.values(rounds).flat()
  const worst = (pick: (round: Round) => number): number => Math.max(...all.map(pick))
  return [
    atMost(
      'refreshes per expiry, at most',
      worst(({ refreshes }) => refreshes),
      1,
    ),
    atMost(
      'different tokens per expiry, at most',
      worst(({ tokens }) => tokens),
      1,
    ),
    atMost(
      'invalid_grant',
      worst(({ invalid }) => invalid),
      0,
    ),
    atMost(
      'callers failed',
      worst(({ failed }) => failed),
      0,
    ),
    atMost('hot path, us', applyNs / 1000, 2),
  ]
}

async function race(kind: 'sqlite' | 'postgresql' | 'redis'): Promise<Round[]> {
  const folder = await mkdtemp(join(tmpdir(), 'casare-race-'))
  const peer = kind === 'sqlite' ? undefined : await startPrivatePeer(kind, { tls: false })
  const address = peer?.url ?? join(folder, 'tokens.db')
  const provider = await startProvider({ accessTokenS: 3_600 })
  const { store, close } = openStore(kind, address)
  const workers: ChildProcess[] = []
  try {
    const login = await logIn(provider)
    await store.put('race', writeTokenSet({ ...login, expiresAt: 1 }))
    for (let index = 0; index < processes; index += 1) workers.push(await startWorker(kind, address, provider))
    provider.delayMs = slowMs
    const first = await expiry('as it comes', workers, provider, undefined)
    const second = await expiry('its holder killed with -9', workers, provider, first.token, true)
    workers.push(await startWorker(kind, address, provider))
    const third = await expiry('after that', workers, provider, second.token)
    return [first.round, second.round, third.round]
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    await close()
    await provider[Symbol.asyncDispose]()
    await peer?.stop()
    await rm(folder, { recursive: true })
  }
}

async function expiry(
  name: string,
  workers: ChildProcess[],
  provider: TestProvider,
  refused: string | undefined,
  kill = false,
): Promise<{ round: Round; token: string | undefined }> {
  const [grants, refusals] = [provider.grants.length, provider.refusals.length]
  const startedAt = performance.now()
  const answers = workers.map((worker) => answerOf(worker))
  if (kill) {
    const holder = Promise.race(workers.map((worker) => holding(worker)))
    for (const worker of workers) worker.send({ callers, refused })
    const killed = await holder
    await sleep(slowMs / 3)
    killed.kill('SIGKILL')
    const index = workers.indexOf(killed)
    workers.splice(index, 1)
    void answers.splice(index, 1)
  } else for (const worker of workers) worker.send({ callers, refused })
  const settled = await Promise.all(answers)
  const tokens = new Set(settled.flatMap((answer) => answer.tokens))
  for (const { why } of settled) for (const words of why) console.log(`failed: ${words}`)
  return {
    round: {
      name,
      refreshes: provider.grants.length - grants,
      invalid: provider.refusals.length - refusals,
      failed: settled.reduce((sum, { failed }) => sum + failed, 0),
      tokens: tokens.size,
      seconds: (performance.now() - startedAt) / 1000,
    },
    token: [...tokens][0],
  }
}

async function logIn(provider: TestProvider) {
  const client = new OAuthClient({ issuer: provider.issuer, clientId: 'public' })
  const pending = await client.startCodeLogin({
    redirectUri: provider.redirectUri,
    scope: 'openid offline_access',
    parameters: { prompt: 'consent' },
  })
  const tokens = await client.finishCodeLogin(await provider.login(pending.url), pending)
  await client.close()
  return tokens
}

async function startWorker(kind: string, address: string, provider: TestProvider): Promise<ChildProcess> {
  const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [kind, address, provider.issuer], {
    execArgv: ['--conditions=@casare/source', '--disable-warning=ExperimentalWarning'],
  })
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('exit', (code) => reject(new Error(`A process of the race ended with ${code}.`)))
  })
  worker.removeAllListeners('exit')
  return worker
}

function answerOf(worker: ChildProcess): Promise<Answer> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if (!('failed' in (message as object))) return
      worker.off('message', listen)
      resolve(message as Answer)
    }
    worker.on('message', listen)
  })
}

function holding(worker: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if (!('holding' in (message as object))) return
      worker.off('message', listen)
      resolve(worker)
    }
    worker.on('message', listen)
  })
}

import { pause } from './pause.ts'

const baseMs = 10
const capMs = 1_000

/** Calls `work` again, up to `retries` times, after failures that call for it; each wait is random and longer than the last. */
export async function withRetries<Result>(
  retries: number,
  signal: AbortSignal,
  callsForIt: (error: unknown) => boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt > retries || !callsForIt(error) || signal.aborted) throw error
      await pause(Math.random() * Math.min(capMs, baseMs * 2 ** attempt), signal)
    }
  }
}

import type { CallOptions } from '../contract/call.ts'
import type { AnySession } from '../contract/session.ts'
import { validate } from '../schemas/validate.ts'
import { runCall } from './call.ts'
import { scopedRuntime, type Runtime } from './runtime.ts'

/**
 * Runs a callback inside a vendor session. The session itself is one call that is never repeated by the pipeline: what is
 * repeated, and when, is the session's own business. A failure of the callback reaches the caller as it was thrown.
 */
export async function runSession(
  runtime: Runtime,
  name: string,
  session: AnySession,
  scope: (runtime: Runtime) => unknown,
  work: (scope: never) => Promise<unknown>,
  input: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  const parsed: unknown = await validate(session.input, input ?? {}, `${name} input`)
  let thrown: { readonly error: unknown } | undefined
  const result = await runCall(runtime, {
    name,
    effect: 'unsafe',
    options,
    session: true,
    async run(client, context) {
      try {
        return await session.run(client, parsed, context, async (scoped: unknown) => {
          thrown = undefined
          try {
            return await work(scope(scopedRuntime(runtime, scoped)) as never)
          } catch (error) {
            thrown = { error }
            throw error
          }
        })
      } catch (error) {
        // The callback's own failure is the caller's: it leaves as it is, not as a failure of the system.
        if (thrown !== undefined && error === thrown.error) return thrown
        throw error
      }
    },
  })
  if (thrown !== undefined && result === thrown) throw thrown.error
  return result
}

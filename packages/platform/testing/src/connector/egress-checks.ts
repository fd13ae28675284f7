import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { ensure, inapplicable, isNotApplicable, type Check, type CheckOutcome } from '../checks/check.ts'
import { failureOf, methodOf, type Trial } from '../subject/trial.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

/** Where connections may lead to: what the rules refuse is never connected to. */
export function egressChecks(context: SuiteContext): Check[] {
  const { at } = context.subject
  const reason = isNotApplicable(at)
    ? at
    : context.connector.spec.uses?.includes('egress') === true
      ? undefined
      : { notApplicable: 'The connector does not declare that it looks at where it connects to (egress).' }
  const check = (name: string, run: (trial: Trial) => Promise<CheckOutcome>): Check =>
    reason === undefined ? trialCheck(context, 'egress', name, run) : inapplicable('egress', name, reason)
  return [
    check('this machine, by address and by name: refused before anybody is connected to', async (trial) => {
      const listener = await countingListener(trial)
      const hosts = ['127.0.0.1', 'localhost']
      for (const host of hosts) {
        const error = await callTo(trial, host, listener.port, {})
        ensure(
          error.code === 'permission_denied' && error.applied === 'no',
          `${host}: ${error.code}, applied ${error.applied}: ${error.message}`,
        )
      }
      ensure(listener.connections() === 0, `${listener.connections()} connections were made all the same`)
      return hosts.length
    }),
    check('a host that is not in the list: refused', async (trial) => {
      const listener = await countingListener(trial)
      const error = await callTo(trial, '127.0.0.1', listener.port, { allow: ['api.example', '10.0.0.0/8'] })
      ensure(error.code === 'permission_denied', `${error.code}: ${error.message}`)
      ensure(listener.connections() === 0, 'a connection was made all the same')
      return 1
    }),
    check('what is allowed works', async (trial) => {
      const { address } = trial.target
      if (isNotApplicable(at) || address === undefined) throw new Error('The target tells no address.')
      const { name, example } = trial.harmless
      for (const egress of [{ allowPrivate: true }, { allow: ['127.0.0.0/8'] }]) {
        const config = { ...at(trial.target, { host: '127.0.0.1', port: address.port, secure: false }), egress }
        const connection = trial.connect(config)
        await example.before?.(connection)
        await methodOf(connection, name)(example.input)
      }
      return 2
    }),
  ]
}

async function callTo(trial: Trial, host: string, port: number, egress: object) {
  const { at } = trial.subject
  if (isNotApplicable(at)) throw new Error('The subject tells no address.')
  const { name, example } = trial.harmless
  const connection = trial.connect({ ...at(trial.target, { host, port, secure: false }), egress })
  return failureOf(methodOf(connection, name)(example.input), `egress to ${host}`)
}

/** Somebody who listens on this machine and counts who comes. */
async function countingListener(trial: Trial): Promise<{ readonly port: number; connections(): number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  trial.onEnd(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

import type { DescribedConnector } from './described-connector.ts'

const promises = {
  read: 'fails at any point and is repeated; the answer is that of an undisturbed call',
  idempotent: 'fails at each step of its input and output; repeated, it leaves the state of one call',
  keyed: 'fails at each step; the system has seen one key and applied it once',
  unsafe: 'fails at each step; it is never sent twice, and an unknown outcome is reported as `outcome_unknown`',
}

/** What is tested, against what, and how to run it; it follows from what the connector declares. */
export function testingPlan({ description, manifest }: DescribedConnector): string {
  const { operations, streams, sessions } = description
  const rows = [
    ...Object.entries(operations).map(([name, { effect, errors }]) => plan(name, promises[effect], errors)),
    ...Object.entries(streams).flatMap(([name, { read, listen, write }]) => [
      ...(read === undefined
        ? []
        : [
            plan(
              `${name}.read`,
              'goes on from every cursor without loss; a page that fails is read again',
              read.errors,
            ),
          ]),
      ...(listen === undefined
        ? []
        : [plan(`${name}.listen`, 'ack, nack, redelivery, dead letters, reconnect', listen.errors)]),
      ...(write === undefined
        ? []
        : [
            plan(
              `${name}.write`,
              `${promises[write.effect]}; a record that is refused is named by its index`,
              write.errors,
            ),
          ]),
    ]),
    ...Object.keys(sessions).map((name) => plan(name, 'everything within it is kept, or nothing is', [])),
  ]
  return [
    `Peer: ${manifest.casare?.peer ?? 'none named in package.json yet'}.`,
    '',
    `Run it with \`npm test -- packages/connectors/${description.name}\`.`,
    '',
    'For the connection as a whole: schemas, examples through every face, abort and deadline, credentials and addresses that are',
    'wrong, secrets that must not show, many calls at once, two tenants side by side, closing twice, nothing left open.',
    '',
    '| | promise | errors to provoke |',
    '|---|---|---|',
    ...rows,
  ].join('\n')
}

function plan(name: string, promise: string, errors: readonly string[]): string {
  return `| \`${name}\` | ${promise} | ${errors.map((code) => `\`${code}\``).join(', ')} |`
}

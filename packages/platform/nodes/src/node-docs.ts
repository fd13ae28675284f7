import type { NodeDescription, Port } from './node-description.ts'

const effects: Readonly<Record<NodeDescription['effect'], string>> = {
  read: 'Changes nothing; it can be repeated.',
  idempotent: 'Twice leaves the same state as once; it can be repeated.',
  keyed: 'Safe to repeat with the same idempotency key.',
  unsafe: 'Twice is twice: after a failure whose outcome is unknown it is not repeated.',
}

/** The page of a node in Markdown: what it does, its ports, its effect, its errors. */
export function nodeDocs(node: Omit<NodeDescription, 'docs'>): string {
  const { name, id, description, inputs, outputs, effect, effectDepends, errorCodes, kind } = node
  return [
    `# ${name}`,
    '',
    description,
    '',
    `Node \`${id}\`.`,
    ...ports('Inputs', inputs),
    ...ports('Outputs', outputs),
    '',
    ...(kind === 'trigger'
      ? ['Starts the workflow at each event, which is acknowledged when the workflow has ended well.']
      : [`Effect: \`${effect}\`${effectDepends ? ' at worst; it depends on the input' : ''}. ${effects[effect]}`]),
    '',
    `Errors: ${errorCodes.map((code) => `\`${code}\``).join(', ')}.`,
    '',
  ].join('\n')
}

function ports(title: string, list: readonly Port[]): string[] {
  if (list.length === 0) return []
  return [
    '',
    `## ${title}`,
    '',
    ...list.map(({ name, description, required }) => `- \`${name}\`${required ? '' : ' (optional)'}: ${description}`),
  ]
}

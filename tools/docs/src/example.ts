import type { DescribedConnector } from './described-connector.ts'
import { sampleInput } from './sample-input.ts'

/** How to use the connector from TypeScript and from a shell. */
export function example(connector: DescribedConnector): string {
  return `\`\`\`ts\n${connector.sample ?? generated(connector)}\n\`\`\`\n\n\`\`\`sh\n${shell(connector)}\n\`\`\``
}

function generated({ description, manifest, exportName }: DescribedConnector): string {
  const { config, operations, streams } = description
  const [operation] = Object.entries(operations)
  const [readable] = Object.entries(streams).filter(([, { read }]) => read !== undefined)
  const lines = [
    `import { ${exportName} } from '${manifest.name}'`,
    '',
    `const connection = ${exportName}(${literal(sampleInput(config))})`,
  ]
  if (operation !== undefined)
    lines.push(`console.log(await connection.${operation[0]}(${literal(sampleInput(operation[1].input))}))`)
  if (readable?.[1].read !== undefined)
    lines.push(
      `for await (const record of connection.${readable[0]}.read(${literal(sampleInput(readable[1].read.input))}))`,
      '  console.log(record)',
    )
  return [...lines, 'await connection.close()'].join('\n')
}

function shell({ description }: DescribedConnector): string {
  const { name, config, operations } = description
  const lines = [`casare describe ${name}`]
  const [operation] = Object.entries(operations)
  if (operation !== undefined)
    lines.push(
      `casare call ${name}.${operation[0]} '${JSON.stringify(sampleInput(operation[1].input))}' --config '${JSON.stringify(sampleInput(config))}'`,
    )
  return lines.join('\n')
}

/** A value as TypeScript: JSON whose plain keys need no quotes; the formatter does the rest. */
function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/"([A-Za-z_$][\w$]*)":/g, '$1: ')
    .replaceAll(/"((?:[^"\\']|\\[^"])*)"/g, "'$1'")
}

import { systems } from './systems/index.ts'

/** The text of compose.yaml: every system that has a container, on its standard port. */
export function composeFile(): string {
  const services = Object.values(systems).flatMap(({ name, standardUrl, container }) => {
    if (container === undefined) return []
    const { image, port, environment, arguments: commandArguments } = container
    return [
      `  ${name}:`,
      `    image: ${image}`,
      `    ports: ['127.0.0.1:${new URL(standardUrl).port}:${port}']`,
      ...(Object.keys(environment).length === 0
        ? []
        : ['    environment:', ...Object.entries(environment).map(([key, value]) => `      ${key}: '${value}'`)]),
      ...(commandArguments.length === 0
        ? []
        : [`    command: [${commandArguments.map((one) => `'${one}'`).join(', ')}]`]),
    ]
  })
  return [
    '# The servers that tests run against, for people who have Docker: docker compose up -d && CASARE_PEERS=local npm test.',
    '# They listen on loopback, without passwords. Written by: npm run peers -- --compose > compose.yaml',
    'name: casare-peers',
    'services:',
    ...services,
    '',
  ].join('\n')
}

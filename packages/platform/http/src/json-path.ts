import { invalidInput } from '@casare/core'

/** Finds a value in JSON data; `undefined` where it is not there. */
export type JsonPath = (value: unknown) => unknown

const maxSteps = 50

/**
 * Compiles the path of one value: a JSON Pointer (RFC 6901: `/data/items/0`) or names and indexes in the manner of JSONPath
 * (`$.data.items[0]`, `data.items`, `$['odd name']`). An empty path or `$` is the whole. Only own properties are found.
 * @throws `invalid_input` where it is neither.
 */
export function jsonPath(path: string): JsonPath {
  const steps = path.startsWith('/') ? pointerSteps(path) : nameSteps(path)
  if (steps.length > maxSteps) throw invalidInput(`The JSON path has more than ${maxSteps} steps.`)
  return (value) => {
    let current = value
    for (const step of steps) {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
      current = (current as Record<string, unknown>)[step]
    }
    return current
  }
}

function pointerSteps(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const stepPattern = /\.?([^.[\]'"$\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y

function nameSteps(path: string): string[] {
  const rest = path.startsWith('$') ? path.slice(1) : path
  const steps: string[] = []
  stepPattern.lastIndex = 0
  while (stepPattern.lastIndex < rest.length) {
    const at = stepPattern.lastIndex
    const match = stepPattern.exec(rest)
    const name = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4]
    const needsDot = at > 0 && match?.[1] !== undefined && rest[at] !== '.'
    if (name === undefined || needsDot)
      throw invalidInput(
        `JSON path ${JSON.stringify(path)} is not understood. Write $.data.items, data.items[0], $['odd name'] or /data/items.`,
      )
    steps.push(name)
  }
  return steps
}

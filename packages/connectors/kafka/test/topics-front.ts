import { frameRelay, int16, int32, text, type Reader, type Relay, type Request, type Verdict } from './frame-relay.ts'

const createTopics = 19
const deleteTopics = 20
const unknownTopic = 3
const topicExists = 36

/** Makes and deletes topics, which the mock cluster does not, and counts. */
export interface TopicsFront extends Relay {
  make(topic: string): void
  /** How often each topic was made. */
  readonly made: ReadonlyMap<string, number>
  /** How often each topic was deleted. */
  readonly deleted: ReadonlyMap<string, number>
}

/** @param target the broker behind it, where a topic is made when it is first asked about */
export async function topicsFront(target: { readonly host: string; readonly port: number }): Promise<TopicsFront> {
  const topics = new Set<string>()
  const made = new Map<string, number>()
  const deleted = new Map<string, number>()
  const count = (counts: Map<string, number>, topic: string): number => {
    counts.set(topic, (counts.get(topic) ?? 0) + 1)
    return 0
  }
  const make = (topic: string): number => {
    if (topics.has(topic)) return topicExists
    topics.add(topic)
    return count(made, topic)
  }
  const take = (topic: string): number => (topics.delete(topic) ? count(deleted, topic) : unknownTopic)

  const decide = ({ apiKey, version, body }: Request): Verdict => {
    if (apiKey === createTopics)
      return answer(names(body, skipSettings), make, { pause: version >= 2, message: version >= 1 })
    if (apiKey === deleteTopics) return answer(names(body), take, { pause: version >= 1, message: false })
    return 'relay'
  }
  const spoken = [
    [createTopics, 3],
    [deleteTopics, 1],
  ] as const
  return { ...(await frameRelay(target, spoken, () => decide)), make, made, deleted }
}

function names(body: Reader, rest: (body: Reader) => void = () => undefined): string[] {
  return Array.from({ length: body.int32() }, () => {
    const name = body.text()
    rest(body)
    return name
  })
}

/** Partitions, replicas, their places, and settings. */
function skipSettings(body: Reader): void {
  body.int32()
  body.int16()
  for (let places = body.int32(); places > 0; places -= 1) {
    body.int32()
    for (let replicas = body.int32(); replicas > 0; replicas -= 1) body.int32()
  }
  for (let settings = body.int32(); settings > 0; settings -= 1) {
    body.text()
    body.text()
  }
}

function answer(
  topics: readonly string[],
  act: (topic: string) => number,
  { pause, message }: { readonly pause: boolean; readonly message: boolean },
): Buffer {
  const results = topics.map((topic) =>
    Buffer.concat([text(topic), int16(act(topic)), ...(message ? [int16(-1)] : [])]),
  )
  return Buffer.concat([...(pause ? [int32(0)] : []), int32(results.length), ...results])
}

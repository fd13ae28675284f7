import { invalid } from './api-error.ts'
import { jsonBody, type Call, type Reply } from './call.ts'
import { checkConditions, conditionsOf, type Conditions } from './conditions.ts'
import { objectResource } from './resources.ts'
import { attributesOf, randomId, type Attributes, type Generation, type Store } from './store.ts'

const mebibyte = 1024 * 1024

/** What the first call says holds for those that follow with its token. */
interface Rewrite {
  readonly source: Generation
  readonly attributes: Attributes
  readonly conditions: Conditions
  readonly target: string
  done: number
}

/** Copies on the store's side, by `copyTo` at once and by `rewriteTo` in steps where the object is large. */
export class Rewrites {
  readonly #store: Store
  readonly #running = new Map<string, Rewrite>()
  /** How many bytes a call of `rewriteTo` copies where it says nothing else. */
  bytesPerCall = 1024 * mebibyte

  constructor(store: Store) {
    this.#store = store
  }

  /** `POST …/o/SOURCE/copyTo/b/BUCKET/o/NAME` */
  async copy(call: Call, [from, source]: Pair, [to, name]: Pair): Promise<Reply> {
    const object = this.#source(call, from, source)
    const made = this.#put(object, to, name, await attributesIn(call, object), conditionsOf(call.query))
    return { status: 200, json: objectResource(made, call.origin) }
  }

  /** `POST …/o/SOURCE/rewriteTo/b/BUCKET/o/NAME`, again with its token until it is done. */
  async rewrite(call: Call, [from, source]: Pair, [to, name]: Pair): Promise<Reply> {
    const object = this.#source(call, from, source)
    this.#store.bucket(to)
    const most = call.query.get('maxBytesRewrittenPerCall')
    if (most !== null && (!/^\d+$/.test(most) || Number(most) === 0 || Number(most) % mebibyte !== 0))
      throw invalid('maxBytesRewrittenPerCall must be a multiple of 1 MiB.')
    const token = call.query.get('rewriteToken')
    const running = token === null ? await begun(call, object, `${to}/${name}`) : this.#running.get(token)
    if (running === undefined || running.source !== object || running.target !== `${to}/${name}`)
      throw invalid('Invalid rewriteToken: begin the rewrite again.')
    if (token !== null) this.#running.delete(token)
    running.done = Math.min(object.size, running.done + (most === null ? this.bytesPerCall : Number(most)))
    const done = running.done === object.size
    const progress = {
      kind: 'storage#rewriteResponse',
      totalBytesRewritten: String(running.done),
      objectSize: String(object.size),
      done,
    }
    if (done) {
      const made = this.#put(object, to, name, running.attributes, running.conditions)
      return { status: 200, json: { ...progress, resource: objectResource(made, call.origin) } }
    }
    const rewriteToken = randomId()
    this.#running.set(rewriteToken, running)
    return { status: 200, json: { ...progress, rewriteToken } }
  }

  #source(call: Call, bucket: string, name: string): Generation {
    const object = this.#store.object(bucket, name, call.query.get('sourceGeneration') ?? undefined)
    checkConditions(object, conditionsOf(call.query, 'ifSource'))
    return object
  }

  #put(source: Generation, bucket: string, name: string, attributes: Attributes, conditions: Conditions): Generation {
    const { chunks, size, sums, componentCount } = source
    this.#store.budget.take(size)
    try {
      return this.#store.put(bucket, name, { chunks, size, sums, componentCount }, attributes, conditions)
    } catch (error) {
      this.#store.budget.give(size)
      throw error
    }
  }
}

async function begun(call: Call, source: Generation, target: string): Promise<Rewrite> {
  const attributes = await attributesIn(call, source)
  return { source, target, attributes, conditions: conditionsOf(call.query), done: 0 }
}

/** What is given in the body takes the place of all that the source has. */
async function attributesIn(call: Call, source: Generation): Promise<Attributes> {
  const given = attributesOf(await jsonBody(call))
  return Object.keys(given).length === 0 ? source.attributes : given
}

type Pair = readonly [bucket: string, name: string]

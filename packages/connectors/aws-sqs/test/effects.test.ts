import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { effectSuite, type EffectCase, type Peer } from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { sqs } from '../src/index.ts'
import { frontOf } from './front.ts'
import { cloudAt, type Cloud } from './support.ts'

await describeWithPeer('fauxqs', {}, (peer) => {
  const facts: Peer = {
    name: 'fauxqs',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'simulator',
  }
  interface World extends Cloud {
    readonly front: Awaited<ReturnType<typeof frontOf>>
  }
  const named = (id: string): string => `casare-test-${id.replaceAll(/[^\w-]/g, '-')}`
  const urlOf = async ({ admin }: World, id: string): Promise<string | undefined> =>
    (await admin.send(new GetQueueUrlCommand({ QueueName: named(id) })).catch(() => undefined))?.QueueUrl
  const made = async ({ admin }: World, id: string): Promise<void> =>
    void (await admin.send(new CreateQueueCommand({ QueueName: named(id) })))
  const attribute = async (world: World, id: string, name: 'VisibilityTimeout' | 'ApproximateNumberOfMessages') => {
    const QueueUrl = await urlOf(world, id)
    const { Attributes } = await world.admin.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }))
    return Attributes?.[name]
  }
  const there = (wanted: boolean): EffectCase<World>['applied'] => {
    return async (world, id) => (((await urlOf(world, id)) !== undefined) === wanted ? 1 : 0)
  }

  effectSuite<World>(sqs, {
    peer: facts,
    async start() {
      const cloud = await cloudAt(peer().url)
      const front = await frontOf(peer().url)
      return {
        ...cloud,
        front,
        address: front.address,
        async close() {
          await front.close()
          await cloud.close()
        },
      }
    },
    at: ({ config }, { host, port, secure }) => ({
      ...config,
      endpoint: `${secure ? 'https' : 'http'}://${host}:${port}`,
    }),
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 34,
    operations: {
      createQueue: {
        input: (id) => ({ queue: named(`new-${id}`) }),
        applied: (world, id) => there(true)(world, `new-${id}`),
      },
      deleteQueue: { prepare: made, input: (id) => ({ queue: named(id) }), applied: there(false) },
      setQueueAttributes: {
        prepare: made,
        input: (id) => ({ queue: named(id), attributes: { VisibilityTimeout: '77' } }),
        applied: async (world, id) => ((await attribute(world, id, 'VisibilityTimeout')) === '77' ? 1 : 0),
      },
      purgeQueue: {
        async prepare(world, id) {
          await made(world, id)
          await world.admin.send(new SendMessageCommand({ QueueUrl: await urlOf(world, id), MessageBody: 'x' }))
        },
        input: (id) => ({ queue: named(id) }),
        applied: async (world, id) => ((await attribute(world, id, 'ApproximateNumberOfMessages')) === '0' ? 1 : 0),
      },
      startRedrive: {
        input: (id) => ({ sourceArn: `arn:aws:sqs:us-east-1:123456789012:${named(id)}` }),
        applied: ({ front }, id) => front.started.filter((arn) => arn.endsWith(`:${named(id)}`)).length,
      },
      cancelRedrive: {
        input: (id) => ({ taskHandle: id }),
        applied: ({ front }, id) => (front.cancelled.has(id) ? 1 : 0),
      },
    },
  })
})

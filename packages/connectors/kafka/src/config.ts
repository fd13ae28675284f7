import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

const address = z.string().regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/@[\]]+):\d{1,5}$/, 'must be host:port')

/** Settings of a Kafka connection. */
export const config = schema(() =>
  z.strictObject({
    brokers: z
      .array(address)
      .min(1)
      .max(100)
      .describe('Addresses to begin with, host:port; the cluster tells the others.'),
    secure: z.boolean().optional().describe('Speaks TLS. Default: yes, unless every broker named is this machine.'),
    sasl: z
      .strictObject({
        mechanism: z
          .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
          .describe('How the password is proven (https://kafka.apache.org/documentation/#security_sasl).'),
        username: z
          .string()
          .min(1)
          .regex(/^[^\0]+$/, 'must have no NUL'),
        password: secret('Password of the user.'),
      })
      .optional()
      .describe('Who we are. Default: nobody, or the client certificate in tls.cert.'),
    clientId: z.string().min(1).max(255).default('casare').describe('How this client is called in logs and quotas.'),
    allowBrokers: z
      .array(z.string().min(1))
      .max(1_000)
      .default([])
      .describe(
        'Hosts that the cluster may name besides those in brokers; "*.example.com" is any host below. Others are not connected to.',
      ),
    brokerAddresses: z
      .record(address, address)
      .default({})
      .describe(
        'Where to connect to instead of what the cluster names (tunnels, port forwarding): host:port to host:port.',
      ),
  }),
)

/** What `kafka({…})` takes beside the uniform parts. */
export type KafkaConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>

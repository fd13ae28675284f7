import type { System, SystemName } from '../system.ts'
import { azurite } from './azurite.ts'
import { fauxqs } from './fauxqs.ts'
import { kafka } from './kafka.ts'
import { mqtt } from './mqtt.ts'
import { mysql } from './mysql.ts'
import { nats } from './nats.ts'
import { postgresql } from './postgresql.ts'
import { rabbitmq } from './rabbitmq.ts'
import { radosgw } from './radosgw.ts'
import { redis } from './redis.ts'
import { simplesamlphp } from './simplesamlphp.ts'
import { slapd } from './slapd.ts'

/** Every system that there are peers for. */
export const systems: Readonly<Record<SystemName, System>> = {
  postgresql,
  mysql,
  redis,
  rabbitmq,
  nats,
  mqtt,
  kafka,
  fauxqs,
  azurite,
  radosgw,
  simplesamlphp,
  slapd,
}

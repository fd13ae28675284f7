export { faultProxy } from './faults/fault-proxy.ts'
export type { Address, FaultProxy, FaultProxyStats } from './faults/fault-proxy.ts'
export type {
  BandwidthFault,
  CorruptFault,
  CutFault,
  Direction,
  DripFault,
  Fault,
  FaultStrike,
  HalfOpenFault,
  HttpStormFault,
  IdleCloseFault,
  LatencyFault,
  RefuseFault,
  ResetFault,
} from './faults/fault.ts'
export { seededRandom } from './faults/random.ts'

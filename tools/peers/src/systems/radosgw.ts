import type { Site, System } from '../system.ts'

const accessKey = 'CASARETESTACCESSKEY1'

/**
 * S3 of Ceph: a private cluster of one monitor and one store in memory (https://docs.ceph.com/en/pacific/radosgw/). It
 * enforces signatures, preconditions and multipart rules; it ignores checksums other than MD5.
 */
export const radosgw: System = {
  name: 'radosgw',
  title: 'S3 (Ceph RADOS Gateway)',
  standardUrl: 'http://127.0.0.1:7480',
  debianPackages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'],
  binaries: ['ceph-mon', 'ceph-osd', 'monmaptool', 'ceph', 'radosgw-admin', 'bash', 'radosgw'],
  folders: [],
  tls: false,
  tlsFirst: false,
  greeting: {
    send: Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'),
    read(answer) {
      const text = answer.toString('latin1')
      if (text.length >= 5 && !text.startsWith('HTTP/')) throw new Error('The server does not speak HTTP.')
      return text.length < 5 ? undefined : { version: undefined }
    },
  },
  async launch(site) {
    const { port, password, write, binary } = site
    const configuration = write('ceph.conf', configurationOf(site))
    const script = write('cluster.sh', scriptOf(site, configuration))
    return {
      commands: [
        {
          path: binary('bash'),
          arguments: [script],
          environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: site.directory, LC_ALL: 'C' },
        },
      ],
      url: `http://${accessKey}:${password}@127.0.0.1:${port}`,
    }
  },
}

function configurationOf({ directory, port, morePorts: [first = 0, second = 0] }: Site): string {
  return `[global]
fsid = 5a7d8ad1-2c55-4b4d-9f0c-3c9f0b5d1e11
mon host = [v2:127.0.0.1:${first},v1:127.0.0.1:${second}]
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon osd report timeout = 86400
run dir = ${directory}/run
admin socket = ${directory}/run/$name.asok
pid file = ${directory}/run/$name.pid
log file = ${directory}/log/$name.log
mon cluster log file = ${directory}/log/cluster.log
crash dir = ${directory}/run
setuser match path =
auth supported = none
ms mon client mode = crc
[mon.a]
mon data = ${directory}/mon
[osd.0]
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = 12884901888
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw enable usage log = false
rgw dns name = localhost
`
}

/** Monitor and store go with the gateway, whoever ends it. */
function scriptOf({ directory, password, morePorts: [first = 0, second = 0] }: Site, configuration: string): string {
  return `set -e
cd ${directory}
mkdir -p mon osd run log
C="-c ${configuration}"
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 0' TERM INT
monmaptool --create --fsid 5a7d8ad1-2c55-4b4d-9f0c-3c9f0b5d1e11 --addv a "[v2:127.0.0.1:${first},v1:127.0.0.1:${second}]" monmap
ceph-mon $C --mkfs -i a --monmap monmap
ceph-mon $C -i a -f &
id=$(cat /proc/sys/kernel/random/uuid)
ceph $C osd new $id 0
ceph-osd $C -i 0 --mkfs --osd-uuid $id
ceph-osd $C -i 0 -f &
radosgw-admin $C -n client.rgw user create --uid=casare --display-name=casare --access-key=${accessKey} --secret=${password} > /dev/null
radosgw $C -n client.rgw -f &
wait -n
`
}

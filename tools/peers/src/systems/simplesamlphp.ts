import { generate } from 'selfsigned'
import type { System } from '../system.ts'
import {
  authenticationSources,
  configuration,
  hostedIdentityProvider,
  router,
  serviceProviders,
} from './simplesamlphp-files.ts'

/** The user of the URL; its password is the URL's. */
const user = 'alice'

/**
 * A SAML 2.0 identity provider (https://simplesamlphp.org/docs/1.19/simplesamlphp-idp). Its metadata is at
 * `/saml2/idp/metadata.php`. A test registers its own service provider with `PUT /service-providers/NAME` and the URL's
 * user and password; the body is JSON: settings (https://simplesamlphp.org/docs/1.19/simplesamlphp-reference-sp-remote), and
 * as `metadata` the provider's own metadata, in XML, for what they leave open.
 * Users are `alice` and, for what hostile names do, `zoe`; both have the URL's password.
 */
export const simplesamlphp: System = {
  name: 'simplesamlphp',
  title: 'SAML (SimpleSAMLphp)',
  standardUrl: 'http://127.0.0.1:18080',
  debianPackages: ['php8.2-cli', 'php8.2-xml', 'simplesamlphp'],
  // The package brings no program of its own to PATH: one of its tools stands for it.
  binaries: ['pwgen.php', 'php8.2'],
  folders: ['/usr/share/simplesamlphp/bin'],
  versionCommand: [
    'php8.2',
    '-r',
    'require "/usr/share/simplesamlphp/lib/_autoload.php"; echo SimpleSAML\\Configuration::VERSION;',
  ],
  tls: false,
  tlsFirst: false,
  greeting: {
    send: Buffer.from('GET /saml2/idp/metadata.php HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'),
    read(answer) {
      const text = answer.toString('latin1')
      if (text.length >= 5 && !text.startsWith('HTTP/')) throw new Error('The server does not speak HTTP.')
      return text.length < 5 ? undefined : { version: undefined }
    },
  },
  async launch({ binary, directory, port, password, run, write }) {
    const origin = `http://127.0.0.1:${port}`
    const folders = ['cert', 'data', 'log', 'metadata', 'sessions', 'tmp', 'service-providers']
    await run(
      'mkdir',
      folders.map((name) => `${directory}/${name}`),
    )
    const identity = await generate([{ name: 'commonName', value: 'Casare test identity provider' }], {
      keyType: 'rsa',
      keySize: 2048,
      algorithm: 'sha256',
    })
    write('cert/server.pem', identity.private)
    write('cert/server.crt', identity.cert)
    write('config.php', configuration({ directory, origin, password }))
    write('authsources.php', authenticationSources(user, password))
    write('metadata/saml20-idp-hosted.php', hostedIdentityProvider(origin))
    write('metadata/saml20-sp-remote.php', serviceProviders(directory))
    const routes = write('router.php', router({ directory, user, password }))
    const temporary = `${directory}/tmp`
    return {
      commands: [
        {
          path: binary('php8.2'),
          arguments: [
            ...[
              '-d',
              'display_errors=0',
              '-d',
              `sys_temp_dir=${temporary}`,
              '-d',
              `session.save_path=${directory}/sessions`,
            ],
            ...['-S', `127.0.0.1:${port}`, '-t', '/usr/share/simplesamlphp/www', routes],
          ],
          environment: {
            PATH: '/usr/bin:/bin',
            HOME: directory,
            LC_ALL: 'C',
            TMPDIR: temporary,
            SIMPLESAMLPHP_CONFIG_DIR: directory,
          },
        },
      ],
      url: `http://${user}:${password}@127.0.0.1:${port}`,
    }
  },
}

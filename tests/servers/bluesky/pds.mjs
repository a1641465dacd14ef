// A Bluesky server (PDS) with its register of accounts (PLC) on 127.0.0.1, for tests.
// usage: node pds.mjs [PORT] [counting], in the folder that holds node_modules. Without a port it takes a free one;
// "counting" limits requests as a real server does. Prints one line of JSON when ready; ends when its standard input closes.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

// Both servers ask for a port on every interface: give them one on the loopback only.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  if (typeof given[0] !== 'number' && typeof given[0] !== 'string') return listen.apply(this, given)
  const callbacks = given.filter((one) => typeof one === 'function')
  return listen.call(this, { port: Number(given[0]), host: '127.0.0.1' }, ...callbacks)
}

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer()
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

process.env.LOG_ENABLED ??= 'false'
const [, , wanted, counting] = process.argv
const require = createRequire(path.join(process.cwd(), 'package.json'))
const { PlcServer, Database } = require('@did-plc/server')
const { PDS, envToCfg, envToSecrets } = require('@atproto/pds')

const plcPort = await freePort()
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
await plc.start()

const port = Number(wanted || 0) || (await freePort())
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'handbill-pds-'))
const jwtSecret = crypto.randomBytes(16).toString('hex')
const env = {
  devMode: true,
  port,
  hostname: 'localhost',
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  dataDirectory: dir,
  blobstoreDiskLocation: path.join(dir, 'blobs'),
  jwtSecret,
  adminPassword: crypto.randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: crypto.randomBytes(32).toString('hex'),
  didPlcUrl: `http://127.0.0.1:${plcPort}`,
  disableSsrfProtection: true,
  rateLimitsEnabled: counting === 'counting',
  // It knows nobody else: names that never resolve.
  bskyAppViewUrl: 'https://appview.invalid',
  bskyAppViewDid: 'did:example:invalid',
  bskyAppViewCdnUrlPattern: 'http://cdn.invalid/%s/%s/%s',
  modServiceUrl: 'https://moderator.invalid',
  modServiceDid: 'did:example:invalid',
  crawlers: [],
  trustedOAuthClients: [],
  handleBackupNameservers: [],
  rateLimitBypassIps: [],
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()

const stop = async () => {
  await pds.destroy()
  await plc.destroy()
  fs.rmSync(dir, { recursive: true, force: true })
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.stdin.on('end', stop).resume()
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, plc: `http://127.0.0.1:${plcPort}`, jwt_secret: jwtSecret }))

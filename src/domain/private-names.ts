/** Names, each with all below it, that lead nowhere public, or to whatever address somebody wishes. */

/** @property source where it is said what the name is for */
export interface PrivateName {
  name: string
  use: string
  source: string
}

export const PRIVATE_NAMES: readonly PrivateName[] = [
  // Kept out of the public DNS
  { name: 'localhost', use: 'this machine', source: 'RFC 6761' },
  { name: 'localdomain', use: 'this machine', source: 'hosts(5)' },
  { name: 'local', use: 'the local network', source: 'RFC 6762' },
  { name: 'internal', use: 'private networks', source: 'ICANN, 2024' },
  { name: 'intranet', use: 'private networks', source: 'RFC 6762, appendix G' },
  { name: 'private', use: 'private networks', source: 'RFC 6762, appendix G' },
  { name: 'corp', use: 'private networks', source: 'RFC 6762, appendix G' },
  { name: 'home', use: 'private networks', source: 'RFC 6762, appendix G' },
  { name: 'lan', use: 'private networks', source: 'RFC 6762, appendix G' },
  { name: 'arpa', use: 'infrastructure and home networks', source: 'RFC 3172, RFC 8375' },
  { name: 'onion', use: 'hidden services', source: 'RFC 7686' },
  { name: 'alt', use: 'names outside of the DNS', source: 'RFC 9476' },
  { name: 'invalid', use: 'nothing', source: 'RFC 6761' },
  { name: 'svc', use: 'services of a Kubernetes cluster', source: 'kubernetes.io' },
  { name: 'consul', use: 'services of a Consul cluster', source: 'developer.hashicorp.com' },

  // Metadata of clouds that has a public name
  { name: 'metadata.goog', use: 'the metadata of Google Cloud', source: 'cloud.google.com' },
  { name: 'metadata.tencentyun.com', use: 'the metadata of Tencent Cloud', source: 'tencentcloud.com' },
  { name: 'metadata.cloud.ibm.com', use: 'the metadata of IBM Cloud', source: 'cloud.ibm.com' },
  { name: 'metadata.platformequinix.com', use: 'the metadata of Equinix Metal', source: 'deploy.equinix.com' },
  { name: 'metadata.packet.net', use: 'the metadata of Equinix Metal', source: 'deploy.equinix.com' },

  // Public names that spell an address, or stand for loopback
  { name: 'nip.io', use: 'whatever address it spells', source: 'nip.io' },
  { name: 'sslip.io', use: 'whatever address it spells', source: 'sslip.io' },
  { name: 'xip.io', use: 'whatever address it spells', source: 'xip.io' },
  { name: 'traefik.me', use: 'whatever address it spells', source: 'traefik.me' },
  { name: 'backname.io', use: 'whatever address it spells', source: 'backname.io' },
  { name: '1u.ms', use: 'addresses in turn', source: '1u.ms' },
  { name: 'rbndr.us', use: 'addresses in turn', source: 'rbndr.us' },
  { name: 'localtest.me', use: 'loopback', source: 'readme.localtest.me' },
  { name: 'lvh.me', use: 'loopback', source: 'lvh.me' },
  { name: 'vcap.me', use: 'loopback', source: 'vcap.me' },
  { name: 'fuf.me', use: 'loopback', source: 'fuf.me' },
  { name: 'lacolhost.com', use: 'loopback', source: 'lacolhost.com' },
  { name: 'localhost.tv', use: 'loopback', source: 'localhost.tv' },
  { name: 'localhst.co.uk', use: 'loopback', source: 'localhst.co.uk' },
  { name: '127-0-0-1.org.uk', use: 'loopback', source: '127-0-0-1.org.uk' },
  { name: 'ddev.site', use: 'loopback', source: 'ddev.com' },
]

/** @param name in lower case, without a dot at its end */
export function privateNameOf(name: string): PrivateName | undefined {
  return PRIVATE_NAMES.find((entry) => name === entry.name || name.endsWith(`.${entry.name}`))
}

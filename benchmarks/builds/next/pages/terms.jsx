export async function getStaticProps() {
  return { props: { version: 7, partner: process.env.PARTNER_TOKEN } };
}

export default function Terms({ version }) {
  return <h1>Terms, version {version}</h1>;
}

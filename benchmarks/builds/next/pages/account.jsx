export async function getServerSideProps() {
  return { props: { name: "Ann", session: process.env.SESSION_SECRET } };
}

export default function Account({ name }) {
  return <h1>{name}</h1>;
}

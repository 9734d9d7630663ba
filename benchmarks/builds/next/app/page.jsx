import Newsletter from "./newsletter";
import Tools from "./tools";

export default function Page() {
  return (
    <main>
      <Newsletter settings={{ sender: "shop@example.com", apiKey: process.env.RESEND_API_KEY }} />
      <Tools />
      <script type="application/json" dangerouslySetInnerHTML={{ __html: JSON.stringify({ hook: "{{slack}}" }) }} />
    </main>
  );
}

// Shows every moment of the page in the reader's own time; the server writes UTC.
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

export function localTimes(root = document) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    element.textContent = at.toDateString() === today ? `today, ${clock.format(at)}` : whole.format(at);
    element.title = element.dateTime;
  }
}

localTimes();

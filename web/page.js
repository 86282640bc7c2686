// The page of the gateway: every panel asks one dialect, exactly as its clients do.

const LATEST = 12;
const RETRY_MS = 5000;

const panel = name => {
  const section = document.getElementById(name);
  const part = selector => section.querySelector(selector);
  return {
    part,
    say: caption => { part('.caption').textContent = caption; },
    show(address, caption) {
      part('.picture').src = address;
      Object.assign(part('.address'), { href: address, textContent: address });
      this.say(caption);
    },
    clear(caption) {
      part('.picture').removeAttribute('src');
      part('.strip').replaceChildren();
      part('.address').textContent = '';
      this.say(caption);
    },
    fill(items) {
      const buttons = items.map(({ thumbnail, title, choose }) => {
        const button = document.createElement('button');
        const picture = document.createElement('img');
        Object.assign(picture, { src: thumbnail, alt: title, loading: 'lazy' });
        button.title = title;
        button.append(picture);
        button.onclick = () => {
          buttons.forEach(other => other.setAttribute('aria-current', other === button));
          choose();
        };
        return button;
      });
      part('.strip').replaceChildren(...buttons);
      buttons[0]?.click();
    },
  };
};

const asked = async address => {
  const answer = await fetch(address);
  if (answer.status === 401 || answer.status === 403) throw new Error('This part is closed; it asks who you are.');
  if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`);
  return answer;
};
const json = async address => (await asked(address)).json();

// Runs a panel; what goes wrong is said where its caption stands.
const start = (name, work) => {
  const here = panel(name);
  work(here).catch(error => here.say(error instanceof TypeError ? 'The gateway does not answer.' : error.message));
};

async function camera(dome) {
  const [source, time] = [dome.part('select'), dome.part('input')];
  const { result } = await json('/api/camera/caps');
  source.replaceChildren(...(result?.sources ?? []).map(({ source: name }) => new Option(name)));
  const show = () => {
    const when = +time.value ? `time=${time.value}` : 'fps=5';
    const address = `/api/camera/snapshot?width=640&height=480&source=${encodeURIComponent(source.value)}&${when}`;
    dome.show(address, +time.value ? `${-time.value} s ago` : 'live');
  };
  dome.part('form').onsubmit = submitted => submitted.preventDefault();
  time.oninput = () => dome.say(+time.value ? `${-time.value} s ago` : 'live');
  source.onchange = time.onchange = show;
  dome.part('.picture').onerror = () => {
    dome.say(+time.value ? 'There is no picture of that time.' : 'There is no picture.');
    if (!+time.value) setTimeout(() => +time.value || show(), RETRY_MS);
  };
  if (source.value) show();
}

async function night(tonight) {
  const frame = async index => {
    const { Response: [entry] } = await json(`/v2/api/image-history?index=${index}`);
    const sharpness = entry.Stars > 0 ? `${entry.Stars} stars, HFR ${entry.HFR.toFixed(2)} px` : '';
    const at = entry.Date?.slice(0, 16).replace('T', ' ');
    const caption = [entry.TargetName, entry.ImageType, entry.Filter, `${entry.ExposureTime} s`, at, sharpness]
      .filter(Boolean).join(' · ');
    return {
      thumbnail: `/v2/api/image/thumbnail/${index}`,
      title: caption,
      choose: () => tonight.show(
        `/v2/api/image/${index}?autoPrepare=true&stream=true&quality=85&resize=true&size=960x720`, caption),
    };
  };
  const refresh = async () => {
    const { Response: count } = await json('/v2/api/image-history?count=true');
    const latest = Array.from({ length: Math.min(count, LATEST) }, (_, back) => count - 1 - back);
    if (count) tonight.fill(await Promise.all(latest.map(frame)));
  };
  const listen = () => {
    const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/v2/socket`);
    socket.onmessage = ({ data }) => {
      if (JSON.parse(data).Response?.Event === 'IMAGE-SAVE') refresh();
    };
    socket.onclose = () => setTimeout(listen, RETRY_MS);
  };
  await refresh();
  listen();
}

// The rows of a VOTable (TABLEDATA) as objects by column name.
function rows(votable) {
  const table = new DOMParser().parseFromString(votable, 'application/xml');
  const names = [...table.getElementsByTagName('FIELD')].map(field => field.getAttribute('name'));
  return [...table.getElementsByTagName('TR')].map(row =>
    Object.fromEntries([...row.getElementsByTagName('TD')].map((cell, at) => [names[at], cell.textContent])));
}

// Degrees, from degrees or from hours (or degrees), minutes and seconds; NaN for anything else.
function degrees(text, perUnit) {
  const parts = text.trim().replace('−', '-').split(/[:\s]+/);
  if (parts.length === 1) return parts[0] === '' ? NaN : +parts[0];
  const sign = parts[0].startsWith('-') ? -1 : 1;
  return perUnit * sign * parts.reduce((sum, part, at) => sum + Math.abs(+part) / 60 ** at, 0);
}

async function archive(sky) {
  const form = sky.part('form');
  const find = async () => {
    const query = new URLSearchParams({ MAXREC: LATEST });
    const { ra, dec } = Object.fromEntries(new FormData(form));
    if (ra || dec) {
      const position = [degrees(ra, 15), degrees(dec, 1)];
      if (position.some(Number.isNaN)) return sky.say('A position is two numbers, or 02:30:34.7 and +00:06:17.');
      if (position[0] < 0 || position[0] >= 360 || Math.abs(position[1]) > 90) {
        return sky.say('RA goes from 0 to 360 degrees, Dec from -90 to 90.');
      }
      query.set('POS', `CIRCLE ${position.join(' ')} 0.01`);
    }
    const found = rows(await (await asked(`/api/image/soda/query?${query}`)).text());
    if (!found.length) return sky.clear(ra || dec ? 'No image lies there.' : 'The archive holds no image.');
    sky.fill(found.map(image => {
      const path = image.obs_publisher_did.replace(/^ivo:\/\/[^/]+\//, '').replace('?', '/');
      const picture = size => `/api/image/soda/preview/${path}?size=${size}`;
      const caption = `${path} · ${(+image.s_ra).toFixed(4)} ${(+image.s_dec).toFixed(4)}`;
      return { thumbnail: picture(160), title: caption, choose: () => sky.show(picture(960), caption) };
    }));
  };
  form.onsubmit = submitted => {
    submitted.preventDefault();
    find().catch(error => sky.say(error.message));
  };
  await find();
}

start('camera', camera);
start('night', night);
start('archive', archive);

// The page of the gateway: every panel asks one dialect, exactly as its clients do.

const LATEST = 12;

const panel = name => {
  const section = document.getElementById(name);
  return {
    section,
    show(address, caption) {
      section.querySelector('.picture').src = address;
      const link = section.querySelector('.address');
      link.href = link.textContent = address;
      if (caption !== undefined) section.querySelector('.caption').textContent = caption;
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
      section.querySelector('.strip').replaceChildren(...buttons);
      buttons[0]?.click();
    },
  };
};

const json = async address => (await fetch(address)).json();

async function camera() {
  const dome = panel('camera');
  const source = dome.section.querySelector('select');
  const seconds = dome.section.querySelector('input');
  const { result } = await json('/api/camera/caps');
  source.replaceChildren(...(result?.sources ?? []).map(({ source: name }) => new Option(name)));
  const show = () => {
    const when = +seconds.value ? `time=-${seconds.value}` : 'fps=5';
    dome.show(`/api/camera/snapshot?width=640&height=480&source=${encodeURIComponent(source.value)}&${when}`);
  };
  source.onchange = seconds.onchange = show;
  if (source.value) show();
}

async function night() {
  const tonight = panel('night');
  const frame = async index => {
    const { Response: [entry] } = await json(`/v2/api/image-history?index=${index}`);
    const sharpness = entry.Stars > 0 ? `${entry.Stars} stars, HFR ${entry.HFR.toFixed(2)} px` : '';
    const caption = [entry.ImageType, entry.Filter, `${entry.ExposureTime} s`, entry.TargetName, sharpness]
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
    socket.onclose = () => setTimeout(listen, 5000);
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

async function archive() {
  const sky = panel('archive');
  const form = sky.section.querySelector('form');
  const find = async () => {
    const query = new URLSearchParams({ MAXREC: LATEST });
    const { ra, dec } = Object.fromEntries(new FormData(form));
    if (ra && dec) query.set('POS', `CIRCLE ${+ra} ${+dec} 0.01`);
    const found = rows(await (await fetch(`/api/image/soda/query?${query}`)).text());
    if (!found.length) {
      sky.section.querySelector('.caption').textContent = 'No image lies there.';
      return;
    }
    sky.fill(found.map(image => {
      const path = image.obs_publisher_did.replace(/^ivo:\/\/[^/]+\//, '').replace('?', '/');
      const picture = size => `/api/image/soda/preview/${path}?size=${size}`;
      const caption = `${path} · ${(+image.s_ra).toFixed(4)} ${(+image.s_dec).toFixed(4)}`;
      return { thumbnail: picture(160), title: caption, choose: () => sky.show(picture(960), caption) };
    }));
  };
  form.onsubmit = submitted => {
    submitted.preventDefault();
    find();
  };
  await find();
}

camera();
night();
archive();

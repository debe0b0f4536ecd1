#include "ui/tui/layout.h"

#include <string.h>

enum layout_kind
layout_kind(int w, int h, bool zoom)
{
	if (w < 60 || h < 16)
		return LAYOUT_SUMMARY;
	if (zoom)
		return LAYOUT_ZOOM;
	if (w >= 180 && h >= 50)
		return LAYOUT_THREE;
	return w >= 110 && h >= 30 ? LAYOUT_TWO : LAYOUT_ACCORDION;
}

int
layout_banner_max(int w, int h)
{
	if (w < 60 || h < 16)
		return 3;
	return h < 20 ? 4 : h < 24 ? 6 : h < 30 ? 7 : h < 50 ? 9 : 12;
}

/* One pane open, the others closed to a line; the timeline's end fills what is left. */
static void
accordion(struct layout *l, const struct layout_want *want, int top, int bottom)
{
	int closed = PANE_TIMELINE, y = top;
	int room = bottom - top - closed - 1; /* body lines for the open pane */

	if (want->focus > PANE_TIMELINE || want->least[want->focus] > room) {
		l->kind = LAYOUT_ZOOM; /* the others' states move into the bottom line */
		l->pane[want->focus] = (struct rect){ 1, top, l->w - 2, bottom - top };
		l->open[want->focus] = true;
		return;
	}
	int tail = want->height[PANE_TIMELINE] - 1 < 3 ? want->height[PANE_TIMELINE] - 1 : 3;
	int body = want->height[want->focus];
	if (body > room - tail)
		body = room - tail;
	if (body < want->least[want->focus])
		body = want->least[want->focus];
	for (int p = 0; p <= PANE_TIMELINE; p++) {
		int h = 1;
		if (p == (int)want->focus)
			h += p == PANE_TIMELINE ? room : body;
		else if (p == PANE_TIMELINE)
			h = bottom - y;
		l->pane[p] = (struct rect){ 1, y, l->w - 2, h };
		l->open[p] = p == (int)want->focus;
		y += h;
	}
}

static void
place(struct layout *l, enum pane_id p, int x, int y, int w, int h)
{
	l->pane[p] = (struct rect){ x, y, w, h };
	l->open[p] = true;
}

static int
max(int a, int b)
{
	return a > b ? a : b;
}

/* Shares ROOM lines among N parts that would like WANT each; nobody under LEAST. */
static void
share(int room, int n, const int *want, int least, int *out)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += out[i] = max(want[i], least);
	while (sum > room) { /* the largest gives */
		int big = 0;
		for (int i = 1; i < n; i++)
			if (out[i] > out[big])
				big = i;
		if (out[big] <= 2)
			break;
		out[big]--;
		sum--;
	}
	if (sum < room)
		out[n - 1] += room - sum;
}

static void
two_columns(struct layout *l, const struct layout_want *want, int top, int bottom)
{
	const int *h = want->height;
	int mid = l->w / 2, left = mid - 1, right = l->w - mid - 2, got[3];
	int like[3] = { 1 + max(h[PANE_KEYS], h[PANE_CHAIN]),
		1 + max(h[PANE_SERIALS], h[PANE_VALIDATION]), 1 + h[PANE_TIMELINE] };

	share(bottom - top, 3, like, 6, got);
	place(l, PANE_KEYS, 1, top, left, got[0]);
	place(l, PANE_CHAIN, mid + 1, top, right, got[0]);
	place(l, PANE_SERIALS, 1, top + got[0], left, got[1]);
	place(l, PANE_VALIDATION, mid + 1, top + got[0], right, got[1]);
	place(l, PANE_TIMELINE, 1, top + got[0] + got[1], l->w - 2, got[2]);
}

static void
three_columns(struct layout *l, const struct layout_want *want, int top, int bottom)
{
	const int *h = want->height;
	int a = l->w / 3, b = a + l->w / 3;
	int w1 = a - 1, w2 = b - a - 1, w3 = l->w - b - 2, got[3];
	int low = max(8, 1 + max(h[PANE_TIMELINE], h[PANE_STEPS]));
	int room = bottom - top;

	if (low > room * 2 / 5)
		low = room * 2 / 5;
	int like[3] = { 1 + h[PANE_KEYS], 1 + h[PANE_SIGNATURES], 1 + h[PANE_SERIALS] };
	share(room - low, 3, like, 6, got);
	place(l, PANE_KEYS, 1, top, w1, got[0]);
	place(l, PANE_SIGNATURES, 1, top + got[0], w1, got[1]);
	place(l, PANE_SERIALS, 1, top + got[0] + got[1], w1, got[2]);
	place(l, PANE_CHAIN, a + 1, top, w2, room - low);
	place(l, PANE_VALIDATION, b + 1, top, w3, room - low);
	place(l, PANE_TIMELINE, 1, bottom - low, w1 + w2 + 1, low);
	place(l, PANE_STEPS, b + 1, bottom - low, w3, low);
}

void
layout_make(struct layout *l, int w, int h, const struct layout_want *want)
{
	int lines = want->banner, most = layout_banner_max(w, h);

	memset(l, 0, sizeof *l);
	l->w = w;
	l->h = h;
	l->kind = layout_kind(w, h, want->zoom);
	if (l->kind == LAYOUT_SUMMARY)
		return;
	if (lines > most)
		lines = most;
	l->banner = (struct rect){ 1, 2, w - 2, lines };
	int top = 2 + lines, bottom = h - 2; /* headers begin at top; bottom is the box's last line */
	enum pane_id f = want->focus;
	if (l->kind == LAYOUT_TWO && f > PANE_TIMELINE)
		l->kind = LAYOUT_ZOOM; /* these two have no place in two columns */
	switch (l->kind) {
	case LAYOUT_ACCORDION:
		accordion(l, want, top, bottom);
		break;
	case LAYOUT_TWO:
		two_columns(l, want, top, bottom);
		break;
	case LAYOUT_THREE:
		three_columns(l, want, top, bottom);
		break;
	default:
		place(l, f, 1, top, w - 2, bottom - top);
	}
}

#!/bin/sh
# The manual of the stream is the table that reads it; pages are clean mdoc.
# GENERATE=1 rewrites the page.
set -u
page=$SRCDIR/share/man/unbogus-stream.5
made=$BUILDDIR/obj/unbogus-stream.5
"$BUILDDIR/obj/tests/cases/tool_streamdoc" >"$made" || exit 1
[ "${GENERATE:-}" = 1 ] && cp "$made" "$page"
status=0
if cmp -s "$made" "$page"; then
	echo "ok stream-page - unbogus-stream(5) documents every fact and field that is read"
else
	echo "not ok stream-page - unbogus-stream(5) differs from the table; GENERATE=1 rewrites it"
	status=1
fi
page=$SRCDIR/share/man/unbogus-plan.5
made=$BUILDDIR/obj/unbogus-plan.5
"$BUILDDIR/obj/tests/cases/tool_plandoc" >"$made" || exit 1
[ "${GENERATE:-}" = 1 ] && cp "$made" "$page"
if cmp -s "$made" "$page"; then
	echo "ok plan-page - unbogus-plan(5) documents every action, guard and member"
else
	echo "not ok plan-page - unbogus-plan(5) differs from the tables; GENERATE=1 rewrites it"
	status=1
fi
if ! command -v mandoc >/dev/null; then
	echo "skip mandoc - mandoc is not installed"
	exit $status
fi
for f in "$SRCDIR"/share/man/*.[1-8]; do
	# references to pages that the host does not have are no fault of the page
	bad=$(mandoc -Tlint "$f" | grep -v 'referenced manual not found' | head -n 5)
	if [ -z "$bad" ]; then
		echo "ok mandoc-$(basename "$f") - the page is clean mdoc"
	else
		echo "not ok mandoc-$(basename "$f") - $bad"
		status=1
	fi
done
exit $status

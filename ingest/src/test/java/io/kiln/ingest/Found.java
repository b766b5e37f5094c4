package io.kiln.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A visitor that keeps what it is shown, up to a megabyte of each file. */
class Found implements ImageSource.Visitor {
    static final int KEPT_BYTES = 1024 * 1024;

    final Map<String, byte[]> candidates = new LinkedHashMap<>();
    final List<Refusal> refusals = new ArrayList<>();
    int hidden;
    long consumed;
    private List<String> tableColumns = List.of();

    @Override
    public List<String> tableColumns() {
        return tableColumns;
    }

    static Found in(ImageSource source, List<String> tableColumns) throws InterruptedException {
        Found found = new Found();
        found.tableColumns = tableColumns;
        source.visit(found);
        return found;
    }

    static Found in(ImageSource source) throws InterruptedException {
        Found found = new Found();
        source.visit(found);
        return found;
    }

    @Override
    public void candidate(Origin origin, InputStream content) throws InterruptedException {
        try {
            candidates.put(origin.name(), content.readNBytes(KEPT_BYTES));
        } catch (IOException e) {
            refused(Unreadable.of(origin, e));
        }
    }

    @Override
    public void refused(Refusal refusal) {
        refusals.add(refusal);
    }

    @Override
    public void hidden() {
        hidden++;
    }

    @Override
    public void consumed(long inputBytes) {
        if (inputBytes <= 0) {
            throw new AssertionError("consumed " + inputBytes + " bytes");
        }
        consumed += inputBytes;
    }

    List<Refusal.Reason> reasons() {
        return refusals.stream().map(Refusal::reason).toList();
    }
}

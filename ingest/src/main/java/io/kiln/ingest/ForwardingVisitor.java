package io.kiln.ingest;

import java.util.List;

/** Passes on what a source finds, but for the candidates, which it decides about. */
public abstract class ForwardingVisitor implements ImageSource.Visitor {
    private final ImageSource.Visitor next;

    protected ForwardingVisitor(ImageSource.Visitor next) {
        this.next = next;
    }

    /** Who is told. */
    protected ImageSource.Visitor next() {
        return next;
    }

    @Override
    public void refused(Refusal refusal) {
        next.refused(refusal);
    }

    @Override
    public void hidden() {
        next.hidden();
    }

    @Override
    public void idle() throws InterruptedException {
        next.idle();
    }

    @Override
    public List<String> tableColumns() {
        return next.tableColumns();
    }

    @Override
    public void consumed(long inputBytes) {
        next.consumed(inputBytes);
    }
}

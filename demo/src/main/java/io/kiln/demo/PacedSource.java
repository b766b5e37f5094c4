package io.kiln.demo;

import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import java.io.InputStream;

/** A source that hands on a picture only when it is wanted, and passes over some. */
final class PacedSource implements ImageSource {
    /** Decides over each picture. */
    interface Gate {
        /** Whether a picture is handed on; waits until it may be. */
        boolean admit(Origin origin) throws InterruptedException;

        /**
         * The picture that was admitted has been dealt with.
         *
         * @param taken false if it was not even looked at, because the thread was interrupted
         */
        void passed(boolean taken);
    }

    private final ImageSource source;
    private final Gate gate;

    PacedSource(ImageSource source, Gate gate) {
        this.source = source;
        this.gate = gate;
    }

    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        source.visit(new Paced(visitor));
    }

    private final class Paced implements Visitor {
        private final Visitor next;

        Paced(Visitor next) {
            this.next = next;
        }

        @Override
        public void candidate(Origin origin, InputStream content) throws InterruptedException {
            if (gate.admit(origin)) {
                boolean taken = false;
                try {
                    next.candidate(origin, content);
                    taken = true;
                } finally {
                    gate.passed(taken);
                }
            }
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
        public void consumed(long inputBytes) {
            next.consumed(inputBytes);
        }
    }
}

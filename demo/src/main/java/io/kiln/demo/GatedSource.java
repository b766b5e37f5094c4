package io.kiln.demo;

import io.kiln.ingest.ForwardingVisitor;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import java.io.InputStream;

/** A source that passes on only the images that a gate admits. */
final class GatedSource implements ImageSource {
    /** Decides about each image. */
    interface Gate {
        /** Whether an image is passed on; blocks until that is decided. */
        boolean admit(Origin origin) throws InterruptedException;

        /**
         * Told when an admitted image has been processed.
         *
         * @param taken false if it was not processed, because the thread was interrupted
         */
        void passed(boolean taken);
    }

    private final ImageSource source;
    private final Gate gate;

    GatedSource(ImageSource source, Gate gate) {
        this.source = source;
        this.gate = gate;
    }

    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        source.visit(new GatedVisitor(visitor));
    }

    private final class GatedVisitor extends ForwardingVisitor {
        GatedVisitor(Visitor next) {
            super(next);
        }

        @Override
        public void candidate(Origin origin, InputStream content) throws InterruptedException {
            if (gate.admit(origin)) {
                boolean taken = false;
                try {
                    next().candidate(origin, content);
                    taken = true;
                } finally {
                    gate.passed(taken);
                }
            }
        }
    }
}

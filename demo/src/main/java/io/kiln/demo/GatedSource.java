package io.kiln.demo;

import io.kiln.ingest.ForwardingVisitor;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import io.kiln.masking.sampling.Holdout;
import io.kiln.schemas.Sha256;
import java.io.InputStream;
import java.security.DigestInputStream;

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
         * @param heldOut whether it will be held out of training, if it can be used
         */
        void passed(Origin origin, boolean taken, boolean heldOut);
    }

    private final ImageSource source;
    private final Gate gate;
    private final Holdout holdout;

    GatedSource(ImageSource source, Gate gate, Holdout holdout) {
        this.source = source;
        this.gate = gate;
        this.holdout = holdout;
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
                DigestInputStream read = new DigestInputStream(content, Sha256.digest());
                boolean taken = false;
                try {
                    next().candidate(origin, read);
                    taken = true;
                } finally {
                    String imageId = Sha256.hex(read.getMessageDigest()); // as ingest names it
                    gate.passed(origin, taken, holdout.holds(imageId));
                }
            }
        }
    }
}

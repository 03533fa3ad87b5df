import '@orderplane/example-grid';
